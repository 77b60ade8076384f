/** Names that a person types, and names that a command makes. */
import { execFile } from "node:child_process";
import type { Db } from "../ledger/db.ts";
import type { ListFilter, RotationView } from "../ledger/views.ts";
import { listRotations } from "../ledger/views.ts";
import type { CommandContext } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

/** `orders/rotate-1` or `rotate-1`, with `-n` beside it: what `velvet status -o name` prints can be typed again. */
export function namedBy(text: string, namespace: string | undefined): { name: string; namespace?: string } {
  const slash = text.indexOf("/");
  const place = slash === -1 ? namespace : text.slice(0, slash);
  const name = text.slice(slash + 1);
  if (namespace !== undefined && place !== namespace) {
    throw misuse(`${printable(text)} names a namespace, and -n another one.`, "Leave one of them out.");
  }
  return { name, ...(place === undefined ? {} : { namespace: place }) };
}

/** `2026-03-01T10:20:30.000Z` as `20260301-102030`: names sort by time and are used once. */
export function compact(instant: string): string {
  return instant.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}

/** The one rotation of that request. Throws `CommandFailure` where there is none, or one in several namespaces. */
export async function findRotation(db: Db, text: string, namespace: string | undefined): Promise<RotationView> {
  const filter: ListFilter = namedBy(text, namespace);
  const [view, ...others] = await listRotations(db, filter);
  if (!view) {
    throw new CommandFailure({
      happened: `The ledger has no rotation for the request ${printable(text)}.`,
      stillFine: "Nothing was written.",
      next: "See what there is with `velvet status --all`; a request that was refused says why.",
    });
  }
  if (others.length > 0) {
    const names = [view, ...others].map(({ rotation }) => rotation.namespace).join(", ");
    throw misuse(`${printable(text)} exists in several namespaces: ${names}.`, "Say which one with -n.");
  }
  return view;
}

/**
 * Who acts, where nobody is named: git's `user.name`, as the commit that brings the manifest will have it; else the account's name.
 * It is a claim either way: what counts as proof is what the source vouches for.
 */
export async function whoami({ env }: Pick<CommandContext, "env">, option: string): Promise<string> {
  const name = (await gitName(env)) ?? env["USER"] ?? env["LOGNAME"] ?? "";
  if (name.trim() !== "") return name.trim();
  throw misuse("Nobody is named as the one who acts.", `Say who with ${option}, or set git's user.name.`);
}

async function gitName(env: CommandContext["env"]): Promise<string | undefined> {
  if ((env["PATH"] ?? "") === "") return undefined;
  return new Promise((resolve) => {
    execFile("git", ["config", "--get", "user.name"], { env: { ...env }, timeout: 2_000 }, (error, stdout) => {
      const name = stdout.trim();
      resolve(error || name === "" ? undefined : name);
    });
  });
}
