/** One cell of the matrix as text, and back: `F vendor lost-answer markable/1xcas rotate`. */
import { WIRE_FAULTS, type WireFault } from "./proxy.ts";

export const SERVER_FAULTS = ["restart-fast", "restart-immediate", "read-only", "disk-full"] as const;

export type ServerFault = (typeof SERVER_FAULTS)[number];

export type Cell = { readonly setup: string; readonly story: string } & (
  | { readonly target: "ledger" | "vendor" | "both"; readonly fault: WireFault }
  | { readonly target: "server"; readonly fault: ServerFault }
);

export const TARGETS = ["ledger", "vendor", "both"] as const;

export function cellText({ target, fault, setup, story }: Cell): string {
  return `F ${target} ${fault} ${setup} ${story}`;
}

/** Throws where the text is no cell. */
export function cellOf(text: string): Cell {
  const [layer, target, fault, setup, story, ...rest] = text.split(" ");
  const wire = TARGETS.find((each) => each === target);
  const wireFault = WIRE_FAULTS.find((each) => each === fault);
  const serverFault = SERVER_FAULTS.find((each) => each === fault);
  if (layer === "F" && setup !== undefined && story !== undefined && rest.length === 0) {
    if (wire && wireFault) return { target: wire, fault: wireFault, setup, story };
    if (target === "server" && serverFault) return { target: "server", fault: serverFault, setup, story };
  }
  throw new Error(`not a schedule of layer F: ${text}`);
}
