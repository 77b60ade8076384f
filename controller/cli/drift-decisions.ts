/** The decisions on drift: have it written again, or accept it as it is. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { answerAboutDrift, type DriftAnswer } from "../domain/drift/decide.ts";
import { placeName } from "../domain/drift/kinds.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import type { DecisionManifest, DecisionOptions } from "./decision.ts";
import type { DeskAccess, DriftSubject } from "./desk.ts";
import { CommandFailure } from "./failure.ts";
import { NoLedger } from "./ledger.ts";
import { deliver } from "./manifest.ts";
import { compact, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";
import { remedyOf } from "./remedy.ts";

export interface DriftDecisionOptions extends DecisionOptions {
  /** Only this one, or `custody`; default: all that differ. */
  readonly consumer?: string;
}

type Verb = "correct" | "accept";

const ACTIONS = { correct: "CorrectDrift", accept: "AcceptDrift" } as const;

/** What would certainly be refused is refused here, with exit code 2 and nothing written. */
export async function decideOnDrift(
  context: CommandContext,
  verb: Verb,
  credential: string,
  options: DriftDecisionOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  try {
    return await access(async (desk) => {
      const subject = await desk.drift(credential, options.namespace);
      const decidedBy = options.decidedBy ?? (await desk.whoami());
      const manifest = draft(context, verb, credential, { ...options, decidedBy }, subject.namespace);
      const answer = answerAboutDrift({ ...subject, spec: manifest.spec, trust: desk.trustOf(options) });
      if (answer.state === "refused") throw hopeless(subject, answer);
      tells(verb, answer).forEach((line) => context.out.note(printable(line)));
      return desk.take(manifest, options);
    });
  } catch (error) {
    if (!(error instanceof NoLedger) || options.now === true) throw error;
    const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
    const { namespace } = namedBy(credential, options.namespace);
    context.out.note("There is no ledger here to ask, so nobody has checked yet whether this can be accepted.");
    await deliver(context.out, draft(context, verb, credential, { ...options, decidedBy }, namespace), options.write);
    return 0;
  }
}

function tells(verb: Verb, { about }: DriftAnswer): string[] {
  const places = about.map(({ place, kind }) => `  ${placeName(place)}: ${kind}`);
  const first =
    verb === "accept"
      ? "This stays as it is, and is not reported again until it changes:"
      : "This is written again, if custody holds what the ledger knows and the vendor says that it is alive:";
  return [first, ...places];
}

function draft(
  { clock }: CommandContext,
  verb: Verb,
  credential: string,
  options: DriftDecisionOptions & { readonly decidedBy: string },
  namespace: string | undefined,
): DecisionManifest {
  const { name } = namedBy(credential, options.namespace);
  const { ticket, reason, decidedBy, consumer } = options;
  const spec: RotationDecisionSpec = {
    credentialRef: { name },
    action: ACTIONS[verb],
    ...(consumer === undefined ? {} : { consumer }),
    ...(ticket === undefined ? {} : { ticket }),
    reason,
    decidedBy,
  };
  return {
    kind: "RotationDecision",
    name: options.name ?? `${name}-${verb}-drift-${compact(clock.now().toISOString())}`,
    ...(namespace === undefined ? {} : { namespace }),
    spec,
  };
}

function hopeless({ namespace, name }: DriftSubject, { reason, message }: DriftAnswer): CommandFailure {
  return new CommandFailure(
    {
      happened: `This would be refused (${reason}): ${printable(message)}`,
      stillFine: "Nothing was written, and nothing was changed.",
      next: remedyOf(reason) ?? `See how it stands with \`velvet drift ${printable(`${namespace}/${name}`)}\`.`,
    },
    2,
  );
}
