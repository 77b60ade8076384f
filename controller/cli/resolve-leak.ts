import type { World } from "../domain/world.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { decideOnRotation, type DecisionOptions } from "./decision.ts";
import type { DeskAccess } from "./desk.ts";

/** Says that a consumer which let the old value in does so no more, or that it does not matter any more. */
export async function resolveLeakCommand(
  context: CommandContext,
  request: string,
  consumer: string | undefined,
  options: DecisionOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const deed = {
    label: consumer === undefined ? "resolve-leak" : `resolve-leak-${consumer}`,
    doing: "Saying that the leak is over in",
    choice: { action: "ConfirmLeakResolved" as const, ...(consumer === undefined ? {} : { consumer }) },
    tell: ({ consumers }: World) => [
      ...consumers.flatMap(({ id, facts }) =>
        facts.lockOut?.state === "resolved" ? [`Nobody asks ${id} any more.`] : [],
      ),
      "Your word is taken, and the Revocation ends as soon as nothing else is waited for.",
    ],
  };
  return decideOnRotation(context, request, () => deed, options, access);
}
