/** What people read where nothing is started. Pure. */
import type { HoldView } from "../ledger/holds.ts";
import { type Colours, printable } from "./output.ts";
import { reasonNamed } from "./remedy.ts";

/** Three sentences and the commands; nothing where all is well. */
export function heldLines(holds: readonly HoldView[], colours: Colours): string[] {
  return holds.flatMap(({ place, reason, message, foundAt }) => {
    const { fine = "", remedy = "", commands = [] } = reasonNamed(reason) ?? {};
    return [
      colours.red(printable(`Nothing is started. ${reason}: ${message}`)),
      `  ${fine}`,
      `  ${remedy}`,
      ...commands.map((command) => `  ${command}`),
      colours.dim(printable(`  found at ${place}, since ${foundAt}`)),
      "",
    ];
  });
}
