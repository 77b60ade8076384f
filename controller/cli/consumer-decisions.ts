/** The decisions on what failed or waits: try again, confirm by hand, leave out, end by hand. */
import { CUSTODY, isFinished } from "../domain/consumers.ts";
import { isProven } from "../domain/revocation.ts";
import type { ConsumerRow, World } from "../domain/world.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { decideOnRotation, type DecisionOptions } from "./decision.ts";
import type { DeskAccess } from "./desk.ts";
import { misuse } from "./failure.ts";

export interface RetryOptions extends DecisionOptions {
  /** Insist on a revoke that failed or is held back. */
  readonly revoke?: boolean;
}

/** Tries what failed again now: one consumer, all of them, or the rotation's own step. With `revoke`, insists on the revoke. */
export async function retryCommand(
  context: CommandContext,
  request: string,
  consumer: string | undefined,
  options: RetryOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  if (options.revoke === true && consumer !== undefined) {
    throw misuse("--revoke is about the old credential, and not about a consumer.", "Leave one of them out.");
  }
  const deed =
    options.revoke === true
      ? {
          label: "retry-revoke",
          doing: "Insisting on the revoke in",
          choice: { action: "RetryRevoke" as const },
          tell: ({ rotation }: World) => [
            rotation.flow === "Revocation"
              ? "What could not be ended is tried again now."
              : `${rotation.facts.verify?.previousId ?? "The old credential"} is revoked even if somebody still uses it: its sessions end.`,
          ],
        }
      : {
          label: consumer === undefined ? "retry" : `retry-${consumer}`,
          doing: "Trying again in",
          choice: {
            action: "RetryConsumers" as const,
            ...(consumer === undefined ? {} : { consumer: rowId(consumer) }),
          },
        };
  return decideOnRotation(context, request, () => deed, options, access);
}

/** Records that a person has seen one consumer work with the new credential: it counts as its receipt. */
export async function confirmCommand(
  context: CommandContext,
  request: string,
  consumer: string,
  options: DecisionOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const deed = {
    label: `confirm-${consumer}`,
    doing: `Confirming ${consumer} in`,
    choice: { action: "ConfirmConsumer" as const, consumer },
    tell: (after: World) => [
      after.rotation.flow === "Revocation"
        ? `Your word is taken as the proof that ${consumer} locks the old value out.`
        : `Your word is taken as the proof that ${consumer} works with the new credential.`,
      ...remaining(after),
    ],
  };
  return decideOnRotation(context, request, () => deed, options, access);
}

/** Leaves one consumer out of this rotation. The revoke then needs a person, because it may still hold the old credential. */
export async function skipCommand(
  context: CommandContext,
  request: string,
  consumer: string,
  options: DecisionOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const deed = {
    label: `skip-${consumer}`,
    doing: `Leaving ${consumer} out of`,
    choice: { action: "SkipConsumer" as const, consumer },
    tell: (after: World) => [
      ...(after.rotation.flow === "Revocation"
        ? [`${consumer} may still let the old value in, and that is listed in what remains.`]
        : [
            `${consumer} may still hold the old credential, and will fail once that is revoked.`,
            "A person must approve the revoke, even where that gate is automatic.",
          ]),
      ...remaining(after),
    ],
  };
  return decideOnRotation(context, request, () => deed, options, access);
}

function remaining(after: World): string[] {
  const isOpen =
    after.rotation.flow === "Revocation"
      ? (row: ConsumerRow) => !isProven(row)
      : (row: ConsumerRow) => !isFinished(row);
  const open = after.consumers.filter(isOpen);
  return open.length === 0
    ? ["No other consumer is waited for."]
    : [`Still waited for: ${open.map(({ id }) => id).join(", ")}.`];
}

/** People call it by its name. */
function rowId(consumer: string): string {
  return consumer === "custody" ? CUSTODY : consumer;
}
