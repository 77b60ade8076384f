/**
 * I12: what people are shown follows from the ledger alone. Here: the same rows give the same summary again, also after they went
 * through JSON, so that nothing of it hangs on what was shown before. That a wiped status comes back needs a cluster, and is not judged here.
 */
import { isDeepStrictEqual } from "node:util";
import { summarize } from "../../../controller/domain/summarize.ts";
import type { RotationView } from "../../../controller/ledger/views.ts";
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";

export function projection({ ledger }: Evidence): Violation[] {
  return ledger.views.flatMap((view) => {
    const first = summarize(view);
    const copy = JSON.parse(JSON.stringify(view)) as RotationView;
    if (isDeepStrictEqual(first, summarize(view)) && isDeepStrictEqual(first, summarize(copy))) return [];
    return [{ invariant: "I12", message: `${view.rotation.name} is not summarised alike twice` }];
  });
}
