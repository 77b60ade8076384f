import { abortLines } from "./abort-text.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { decideOnRotation, type DecisionOptions } from "./decision.ts";
import type { DeskAccess } from "./desk.ts";

/** Aborts a rotation. Says on stderr exactly what will be where, before anything is written. */
export async function abortCommand(
  context: CommandContext,
  request: string,
  options: DecisionOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const deed = { label: "abort", doing: "Aborting", choice: { action: "Abort" as const }, tell: abortLines };
  return decideOnRotation(context, request, () => deed, options, access);
}
