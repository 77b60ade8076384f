/** Writes that wait for people: a change policy covers the folder, and Infisical answers 200 with a request in place of a secret. */
import type { Settled } from "../contract.ts";
import { path } from "../http-path.ts";
import type { Told } from "./api.ts";
import { at, isYes, notUnderstood, refusal, textAt } from "./api.ts";
import type { Session } from "./session.ts";
import type { Awaited } from "./version.ts";

/** The id of the request that this write became; undefined where it was made. */
export function requestIn(told: Told): string | undefined {
  const approval = at(told.body, "approval");
  if (approval === undefined) return undefined;
  const id = textAt(approval, "id");
  if (id === undefined || !/^[A-Za-z0-9-]{1,64}$/.test(id)) throw notUnderstood(told);
  return id;
}

export type Fate = "open" | "closed" | "merged" | "hidden";

export interface Approvals {
  /** What became of it, as far as a machine is shown that. */
  fateOf(request: string, signal: AbortSignal): Promise<Fate>;
}

export function openApprovals(session: Session): Approvals {
  let areHidden = false;
  return {
    fateOf: async (request, signal) => {
      if (areHidden) return "hidden";
      // Most instances show requests to people only. Their refusal is not about the token, which stays.
      const told = await session.sendOnce(
        { method: "GET", path: path`/api/v1/secret-approval-requests/${request}`, effect: "none" },
        signal,
      );
      areHidden = [400, 401, 403, 404].includes(told.status);
      if (areHidden) return "hidden";
      if (!isYes(told.status)) throw refusal(told);
      const approval = at(told.body, "approval");
      if (at(approval, "hasMerged") === true) return "merged";
      return textAt(approval, "status") === "open" ? "open" : "closed";
    },
  };
}

const LOOK_AGAIN_MS = 30_000;

export function pending({ requests }: Awaited): Settled {
  const named = requests.length === 1 ? `request ${requests.join()} waits` : `requests ${requests.join(", ")} wait`;
  return {
    state: "pending",
    message:
      `Nothing is written yet: Infisical's change ${named} for an approval. ` +
      "If this rotation is aborted, close it by hand: approved later, it would still be written.",
    retryAfterMs: LOOK_AGAIN_MS,
  };
}

export function closed(): Settled {
  const message = "The change request was closed without being merged, so nothing was written.";
  return { state: "failed", reason: "ApprovalClosed", message };
}
