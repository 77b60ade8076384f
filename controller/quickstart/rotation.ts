/** The rotation itself, as a team would do it: merge a request, look, merge a decision. */
import { type DraftManifest, manifestText } from "../cli/manifest.ts";
import type { RotationStatus } from "../domain/status.ts";
import { rotationUntil, sourcesSynced, type Waiting } from "./follow.ts";
import type { Prober } from "./prober.ts";
import { loginOf, type Proof, tryLogin } from "./proofs.ts";
import type { Story } from "./story.ts";
import { CREDENTIAL, tenantPath, type World } from "./world.ts";

export interface RotationOrder {
  readonly world: World;
  readonly story: Story;
  readonly prober: Prober;
  readonly waiting: Waiting;
  /** Name of the RotationRequest. */
  readonly request: string;
}

/** Credential's `credentialName`, which a person types to confirm a revoke. */
const CREDENTIAL_NAME = "ORDERS_DB";
const TICKET = "OPS-1";
const PERSON = "ola";

/** Rotates once, from the merge of the request to `Done`. Answers the final status and what was proven at the gate. */
export async function rotateOnce(order: RotationOrder): Promise<{ status: RotationStatus; atTheGate: Proof }> {
  const { world, story, waiting, request } = order;
  await story.step("The controller, and its first look at both", async () => sourcesSynced(waiting));
  await mergeManifest(order, `rotate-${CREDENTIAL}`, `Rotate ${CREDENTIAL}`, requestDraft(request));
  const show = (status: RotationStatus): void => story.stages(status, order.prober.counts());
  const waits = await rotationUntil(waiting, request, ({ gate }) => gate?.name === "Revoke", show);
  story.endStages();
  const atTheGate = await bothLoginsWork(world);
  story.tell(`The revoke gate is open, and waits for a person: ${waits.gate?.message ?? ""}`);
  await mergeManifest(
    order,
    `approve-${request}`,
    `Revoke the old login of ${CREDENTIAL}`,
    decisionDraft(request, waits),
  );
  const status = await rotationUntil(waiting, request, ({ stage }) => stage === "Done", show);
  story.endStages();
  return { status, atTheGate };
}

async function mergeManifest(
  { world, story }: RotationOrder,
  branch: string,
  subject: string,
  draft: DraftManifest,
): Promise<void> {
  const folder = draft.kind === "RotationRequest" ? "requests" : "decisions";
  const path = tenantPath(folder, draft.name);
  await story.step(`Merged to main: ${path}`, async () =>
    world.tenant.merge({ branch, subject, files: [{ path, text: manifestText(draft) }] }),
  );
}

function requestDraft(name: string): DraftManifest {
  const spec = {
    credentialRef: { name: CREDENTIAL },
    flow: "Operational",
    reason: "A first rotation, to see it happen",
    ticket: TICKET,
    requestedBy: PERSON,
  } as const;
  return { kind: "RotationRequest", name, spec };
}

function decisionDraft(request: string, { gate }: RotationStatus): DraftManifest {
  if (!gate) throw new Error("no gate is open");
  const spec = {
    requestRef: { name: request },
    action: "Approve",
    gate: gate.name,
    digest: gate.digest,
    confirm: CREDENTIAL_NAME,
    ticket: TICKET,
    reason: "The app works with the new login",
    decidedBy: PERSON,
  } as const;
  return { kind: "RotationDecision", name: `${request}-approve-revoke`, spec };
}

/** Before anybody has approved anything, nothing has been taken away. */
async function bothLoginsWork({ orders, places }: World): Promise<Proof> {
  const current = await loginOf(places.dotenv);
  const [old, next] = [await tryLogin(orders.url.reveal()), await tryLogin(current)];
  const name = (outcome: Awaited<ReturnType<typeof tryLogin>>): string =>
    "user" in outcome ? outcome.user : `refused with ${outcome.refused}`;
  return {
    claim: "Until the gate was approved, the old login and the new one both worked",
    holds: "user" in old && "user" in next && old.user !== next.user,
    seen: `${name(old)}, ${name(next)}`,
  };
}
