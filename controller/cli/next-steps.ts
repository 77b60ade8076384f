/** What a person can do about a rotation now, each with the exact command: found out by asking the engine's own rules. Pure. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { awaitsPerson, CUSTODY } from "../domain/consumers.ts";
import type { OpenGate } from "../domain/status.ts";
import type { World } from "../domain/world.ts";
import { ENDED, everybody, liveAttempt } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import type { Choice } from "./decision.ts";
import { rulingOn } from "./decision.ts";
import { requestCommand, stepsAfter, TICKET, WHY } from "./steps-after.ts";

export interface NextStep {
  /** What it is for. */
  readonly what: string;
  /** What in angle brackets only the person can know. */
  readonly command: string;
}

interface Option extends NextStep {
  /** What is asked of the rules; absent: always possible. */
  readonly choice?: Choice;
}

/** Without a world (an adapter is not known here) only what needs no rule is offered. */
export function nextSteps(view: RotationView, gate: OpenGate | undefined, world: World | undefined): NextStep[] {
  if (ENDED.has(view.rotation.state)) return stepsAfter(view);
  const target = `${view.rotation.namespace}/${view.rotation.name}`;
  const options = [
    ...gateSteps(target, gate),
    ...(world ? [...consumerSteps(target, world), ...rotationSteps(target, world)] : []),
    ...onceAborted(view),
  ];
  return options
    .filter(({ choice }) => !choice || possible(view, world, choice))
    .map(({ what, command }) => ({ what, command }));
}

function possible(view: RotationView, world: World | undefined, choice: Choice): boolean {
  if (!world) return false;
  const { credentialName } = view.rotation.snapshot.credential.spec;
  const spec: RotationDecisionSpec = {
    requestRef: { name: view.rotation.name },
    ...choice,
    confirm: credentialName,
    ticket: "-",
    reason: "-",
    decidedBy: "-",
  };
  return rulingOn(world, spec, "host", view.now)?.verdict === "accepted";
}

function gateSteps(target: string, gate: OpenGate | undefined): Option[] {
  if (!gate) return [];
  const careful = gate.name === "Revoke" ? ` --confirm <credentialName> ${TICKET}` : "";
  const shown = `--gate ${gate.name} --digest ${gate.digest}`;
  return [
    { what: `open the ${gate.name} gate`, command: `velvet approve ${target} ${shown}${careful} ${WHY}` },
    { what: `say no, which aborts it`, command: `velvet deny ${target} ${shown} ${WHY}` },
  ];
}

function consumerSteps(target: string, world: World): Option[] {
  const isRevocation = world.rotation.flow === "Revocation";
  const open = everybody(world).filter(
    (row) => row.facts.failure !== undefined || (!isRevocation && awaitsPerson(world, row)),
  );
  return open.flatMap(({ id, facts }) => {
    const name = id === CUSTODY ? "custody" : id;
    const retry = {
      what: `try ${name} again now`,
      command: `velvet retry ${target} ${name} ${WHY}`,
      choice: { action: "RetryConsumers" as const, consumer: id },
    };
    const byHand = [
      {
        what: isRevocation
          ? `say that ${name} locks the old value out, after looking`
          : `say that ${name} works with the new credential, after looking`,
        command: `velvet confirm ${target} ${name} ${WHY}`,
        choice: { action: "ConfirmConsumer" as const, consumer: id },
      },
      {
        what: `leave ${name} out`,
        command: `velvet skip ${target} ${name} ${TICKET} ${WHY}`,
        choice: { action: "SkipConsumer" as const, consumer: id },
      },
    ];
    return [...(facts.failure ? [retry] : []), ...(id === CUSTODY ? [] : byHand)];
  });
}

/** A request is refused while this rotation lives, so it is filed after the abort. */
function onceAborted({ rotation }: RotationView): Option[] {
  if (rotation.facts.failure?.reason !== "CredentialDead") return [];
  return [{ what: "once it is aborted, have a new one issued", command: requestCommand(rotation, " --expect Dead") }];
}

function leakSteps(target: string): Option[] {
  return [
    {
      what: "open a ticket with everybody who lets it in",
      command: `velvet investigate ${target}`,
      choice: { action: "ConfirmLeakResolved" },
    },
    {
      what: "say that the leak is over, after dealing with it",
      command: `velvet resolve-leak ${target} ${TICKET} ${WHY}`,
      choice: { action: "ConfirmLeakResolved" },
    },
  ];
}

function rotationSteps(target: string, world: World): Option[] {
  const isMintOpen = liveAttempt(world)?.state === "open";
  return [
    {
      what: "hand in the new value that you made at the vendor",
      command: `velvet provide ${target} ${WHY} < <file>`,
      choice: { action: "ProvideValue", sealedValue: "-" },
    },
    {
      what: "try what failed again now",
      command: `velvet retry ${target} ${WHY}`,
      choice: { action: "RetryConsumers" },
    },
    {
      what:
        world.rotation.state === "revoke_failed"
          ? "try the revoke again now"
          : "insist on the revoke, even if the old one is in use",
      command: `velvet retry ${target} --revoke ${WHY}`,
      choice: { action: "RetryRevoke" },
    },
    {
      what: isMintOpen
        ? "say that you ended at the vendor what the mint may have left: then it mints again"
        : "say that the old one is revoked by hand",
      command: `velvet mark-revoked ${target} ${TICKET} ${WHY}`,
      choice: { action: "MarkRevoked" },
    },
    ...leakSteps(target),
    { what: "abort it", command: `velvet abort ${target} ${WHY}`, choice: { action: "Abort" } },
  ];
}
