/** Requests of adapters' clients as lines of the log, each with whose they are. */
import { listenToTries } from "../adapters/http-trace.ts";
import type { Log } from "./log.ts";

/** Returns how to stop it. One for each process: every client in it is heard. */
export function traceRequests(log: Pick<Log, "debug">): () => void {
  return listenToTries((tried) =>
    log.debug({ ...tried }, tried.again ? "a request was sent again" : "a request ended"),
  );
}
