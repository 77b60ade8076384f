import { isApiError } from "./error.ts";

/** Why a list or a watch had to begin again. */
export type RestartReason = "ended" | "gone" | "rewound" | "silent" | "refused" | "broken";

export interface ReflectorMetrics {
  readonly lists: number;
  readonly watches: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** When the API server last said anything about the objects, a bookmark included. */
  readonly lastEventAt: Date | undefined;
}

export class ReflectorCounters {
  lists = 0;
  watches = 0;
  readonly #restarts = { ended: 0, gone: 0, rewound: 0, silent: 0, refused: 0, broken: 0 };
  #lastEventAt: Date | undefined;

  event(at: Date): void {
    this.#lastEventAt = at;
  }

  restart(reason: RestartReason): void {
    this.#restarts[reason] += 1;
  }

  metrics(): ReflectorMetrics {
    const { lists, watches } = this;
    return { lists, watches, restarts: { ...this.#restarts }, lastEventAt: this.#lastEventAt };
  }
}

export function restartReason(error: unknown): RestartReason {
  if (!isApiError(error)) return "broken";
  if (isGone(error)) return "gone";
  if (error.code === "SILENT") return "silent";
  return (error.status ?? 0) >= 400 ? "refused" : "broken";
}

/** The API server forgot what the list or the watch was to go on from, or never knew it. */
function isGone({
  status,
  reason,
  causes,
}: {
  status: number | undefined;
  reason: string;
  causes: readonly { reason: string }[];
}): boolean {
  if (status === 410 || reason === "Expired" || reason === "Gone") return true;
  return causes.some((cause) => cause.reason === "ResourceVersionTooLarge");
}
