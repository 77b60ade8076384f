/** Which issuer a setup has, and the calls that only some classes know. */
import type { MintClass } from "../../../../adapters/contract.ts";
import type { Setup } from "../../api.ts";
import { acceptors, keyring } from "./client-supplied.ts";
import type { MintKind } from "./issuer.ts";
import { manual } from "./manual.ts";
import { markable } from "./markable.ts";
import { nativeGrace } from "./native-grace.ts";
import { reReadable } from "./re-readable.ts";
import { rollInPlace } from "./roll-in-place.ts";
import { slots } from "./slots.ts";
import { unmarked } from "./unmarked.ts";
import { vendorDistributed } from "./vendor-distributed.ts";

const KINDS: Readonly<Record<Exclude<MintClass, "client-supplied">, MintKind>> = {
  "re-readable": reReadable,
  markable,
  unmarked,
  "native-grace": nativeGrace,
  "roll-in-place": rollInPlace,
  "vendor-distributed": vendorDistributed,
  manual,
};

export function hasSlots(setup: Setup): boolean {
  return setup.mintClass === "client-supplied" && setup.authority !== "acceptors" && setup.maxLive !== undefined;
}

export function kindOfSetup(setup: Setup): MintKind {
  if (setup.mintClass !== "client-supplied") return KINDS[setup.mintClass];
  if (setup.authority === "acceptors") return acceptors;
  return hasSlots(setup) ? slots : keyring;
}
