/** Keeps the public sealing key published on the cluster for as long as the controller runs. */
import { SEALING_KEY } from "./custody/published-key.ts";
import type { ApiClient } from "./kubernetes/client.ts";
import { isApiError } from "./kubernetes/error.ts";
import type { Db } from "./ledger/db.ts";
import type { Log } from "./log.ts";
import { publishSealingKey } from "./projections/kubernetes/sealing-key.ts";
import { createBell } from "./sources/bell.ts";

/** Somebody may have changed it. */
const EVERY_MS = 600_000;
const AGAIN_MS = 30_000;

export interface PublicationOrder {
  readonly db: Db;
  readonly client: ApiClient;
  readonly log: Log;
  readonly stop: AbortSignal;
}

/** Until `stop`; never rejects. Where the controller may not write it, that is said once: nobody has asked for it. */
export async function keepKeyPublished({ db, client, log, stop }: PublicationOrder): Promise<void> {
  const bell = createBell();
  let said = "";
  const say = (what: string, tell: () => void): void => {
    if (said !== what) tell();
    said = what;
  };
  while (!stop.aborted) {
    let waitMs = EVERY_MS;
    try {
      const published = await publishSealingKey({ db, client }, stop);
      if (published === "nothing to publish") waitMs = AGAIN_MS;
      else if (published === "written")
        say("written", () => log.info({ configMap: SEALING_KEY }, "the public sealing key was published"));
    } catch (err) {
      if (stop.aborted) return;
      if (isApiError(err) && err.status === 403) {
        say("forbidden", () =>
          log.info(
            { configMap: SEALING_KEY },
            "the public sealing key is not published: the controller may not write it",
          ),
        );
      } else {
        waitMs = AGAIN_MS;
        say("trouble", () =>
          log.warn({ err, configMap: SEALING_KEY }, "the public sealing key cannot be published; it is tried again"),
        );
      }
    }
    await bell.wait(waitMs, stop);
  }
}
