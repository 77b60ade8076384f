/** Sentry's auth tokens: any number side by side, made and ended only in a person's session. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import { Secret } from "../secret.ts";
import { accepted, objectIn, rejected, saysNothing, tokenIn, traitsWith, type Vendor, verdict } from "./vendor.ts";

export function sentry({ organization }: NonNullable<ManualIssuer["sentry"]>): Vendor {
  return {
    traits: traitsWith({ windowMs: 30_000, everyMs: 5_000 }),
    targets: { vendor: "sentry", organization },
    baseUrl: "https://sentry.io",
    // Without the slash at the end Sentry answers with a redirect.
    request: (value) => ({
      method: "GET",
      path: path`/api/0/organizations/${organization}/`,
      accept: "any",
      headers: { authorization: Secret.from(`Bearer ${tokenIn(value).reveal()}`) },
    }),
    judge: (answer, now) => {
      if (answer.status === 429) return saysNothing(answer, untilReset(answer, now));
      const body = objectIn(answer);
      if (answer.status === 200 && body?.["slug"] === organization) return accepted("Sentry");
      // Somebody before Sentry answers 401 and 403 too, in other words.
      if (typeof body?.["detail"] !== "string") return saysNothing(answer);
      if (answer.status === 401) return rejected("Sentry");
      if (answer.status === 403) return RESTRICTED;
      return answer.status === 404 ? ELSEWHERE : saysNothing(answer);
    },
  };
}

const RESTRICTED = verdict("restricted", "TokenRestricted", "Sentry knows it, and it may not read the organization.");
const ELSEWHERE = verdict(
  "needs-human",
  "TokenElsewhere",
  "It is a token that does not reach the organization in the manifest.",
);

/** Sentry says when its limit is over in seconds since 1970; that it also says for how long is not sure. */
function untilReset(answer: HttpAnswer, now: Date): number | undefined {
  const reset = Number(answer.header("x-sentry-rate-limit-reset") ?? Number.NaN) * 1000;
  const wait = reset - now.getTime();
  return wait > 0 && wait <= 3_600_000 ? wait : undefined;
}
