/** Has a write reached what runs? The release first, then every dyno. */
import type { Settled, Written } from "../contract.ts";
import type { Client } from "./client.ts";
import { type Dyno, inForce, readDynos, readReleases, type Release } from "./releases.ts";

export interface App {
  readonly client: Client;
  readonly app: string;
}

export async function settle({ client, app }: App, written: Written, signal: AbortSignal): Promise<Settled> {
  const version = /^v(\d+)$/.exec(written.version ?? "")?.[1];
  const goal =
    version === undefined
      ? currentGoal(await readReleases(client, app, ({ current }) => current, signal))
      : ownGoal(
          Number(version),
          await readReleases(client, app, (release) => release.version <= Number(version), signal),
        );
  if ("state" in goal) return goal;
  return judgeDynos(goal.atLeast, await readDynos(client, app, signal));
}

type Goal = { readonly atLeast: number } | Settled;

/** The release that our own write made, whatever came after it. */
function ownGoal(version: number, releases: readonly Release[]): Goal {
  const own = releases.find((release) => release.version === version);
  if (own?.status === "succeeded") return { atLeast: version };
  return own?.status === "pending" ? releasing(version) : notReleased(version);
}

/** Where somebody else wrote, Heroku itself say, it is the release in force; one that is still on its way may be theirs. */
function currentGoal(releases: readonly Release[]): Goal {
  const [newest] = releases;
  if (newest?.status === "pending") return releasing(newest.version);
  return { atLeast: inForce(releases)?.version ?? 0 };
}

function releasing(version: number): Settled {
  const message = `Release v${version} runs its release phase; until that succeeds the app has the old config vars.`;
  return { state: "pending", message, retryAfterMs: 10_000 };
}

function notReleased(version: number): Settled {
  return {
    state: "failed",
    reason: "ReleaseFailed",
    message: `Release v${version} did not succeed: its config vars never reached the dynos. Mend the app's release command.`,
  };
}

/** An idle dyno has no process; it wakes with the release that is in force then. */
function judgeDynos(atLeast: number, dynos: readonly Dyno[]): Settled {
  const late = dynos.filter(({ state, version }) => state !== "idle" && (version < atLeast || state !== "up"));
  if (late.length === 0) return { state: "settled" };
  const shown = late.slice(0, 5).map(({ name, state, version }) => `${name} (${state}, v${version})`);
  const more = late.length > shown.length ? ` and ${late.length - shown.length} more` : "";
  const message = `Not yet up on release v${atLeast} or later: ${shown.join(", ")}${more}. One-off dynos keep the old config vars until they end.`;
  return { state: "pending", message, retryAfterMs: 5_000 };
}
