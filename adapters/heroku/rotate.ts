/** Triggers one rotation of a Heroku Postgres credential, and waits for the password that comes of it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Minted, MintOrder } from "../contract.ts";
import type { ErrorText } from "../errors.ts";
import { isAdapterError, OutcomeUnknown, Terminal } from "../errors.ts";
import { path } from "../http-path.ts";
import { isComing, type Login, type Place, type PostgresBlock, readLogins, underWay } from "./credential.ts";
import { factsOf } from "./shapes.ts";

const OPERATION = "POST /postgres/v0/databases/{}/credentials/{}/credentials_rotation";

/** Between looks, in milliseconds; some twelve seconds in all, well within any lease. */
const LOOKS = [0, 200, 400, 800, 1_600, 3_000, 3_000, 3_000];

export interface Rotated extends Place {
  readonly block: PostgresBlock;
}

export async function rotate(rotated: Rotated, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const { client, addon, name, block } = rotated;
  const forced = block.forced ?? false;
  if ((forced || name === "default") && block.acceptsReset !== true) throw resets(name);
  const before = new Set([
    ...compared(await readLogins(rotated, signal), order),
    ...order.inventory.map(({ id }) => id),
  ]);
  const request = path`/postgres/v0/databases/${addon}/credentials/${name}/credentials_rotation`;
  await client.data({ method: "POST", path: request, json: { forced } }, signal);
  return awaitLogin(rotated, before, signal);
}

/** Throws where it is not as it was when the mint was decided: a second rotation would cut the phasing out of the first one short. */
function compared(logins: readonly Login[], order: MintOrder): readonly string[] {
  const known = new Set(order.inventory.map(({ id }) => id));
  if (logins.some(({ id, state }) => state === "active" && !known.has(id))) {
    throw new Terminal(
      {
        reason: "SlotChanged",
        message: "The credential was rotated by somebody else after this mint was decided.",
        remedy: "Request the rotation again; it starts from the login as it is now.",
      },
      factsOf(OPERATION),
    );
  }
  if (logins.some(({ state }) => state === "revoking" || isComing(state))) throw underWay(OPERATION);
  return logins.map(({ id }) => id);
}

/** From here on it was triggered: whatever fails now, the new password may come. */
async function awaitLogin(place: Place, before: ReadonlySet<string>, signal: AbortSignal): Promise<Minted> {
  let last: ErrorText = NOT_YET;
  for (const wait of LOOKS) {
    try {
      await pause(wait, undefined, { signal });
      const login = (await readLogins(place, signal)).find(({ id, state }) => state === "active" && !before.has(id));
      if (login !== undefined) return { id: login.id, value: login.value() };
      last = NOT_YET;
    } catch (error) {
      if (!isAdapterError(error) && !signal.aborted) throw error;
      if (signal.aborted) break;
      if (isAdapterError(error)) last = { reason: error.reason, message: error.message };
    }
  }
  throw new OutcomeUnknown(last, factsOf(OPERATION));
}

const NOT_YET: ErrorText = {
  reason: "RotationUnderWay",
  message: "Heroku took the rotation, and shows no new login yet.",
};

function resets(name: string): Terminal {
  return new Terminal(
    {
      reason: "ResetNotAccepted",
      message: `Rotating ${name} like this cuts its connections and restarts the attached apps.`,
      remedy: "Set acceptsReset: true, or use a named credential without forced.",
    },
    factsOf(OPERATION),
  );
}
