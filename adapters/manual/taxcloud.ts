/** TaxCloud's first API: every answer is 200, and only its body tells. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { path } from "../http-path.ts";
import {
  accepted,
  endsOldWhere,
  objectIn,
  rejected,
  saysNothing,
  tokenIn,
  traitsWith,
  type Vendor,
  verdict,
} from "./vendor.ts";

const TEN_MINUTES = 600_000;
const OK = 3;
const ERROR = 0;

export function taxcloud({ loginId, endsOld = true }: NonNullable<ManualIssuer["taxcloud"]>): Vendor {
  return {
    // Nobody has written down its limits, or whether wrong keys lock a store: it is asked seldom, and never wrongly on purpose.
    traits: traitsWith(
      { windowMs: TEN_MINUTES, everyMs: TEN_MINUTES },
      { negativeControl: false, ...endsOldWhere(endsOld) },
    ),
    targets: { vendor: "taxcloud", loginId },
    baseUrl: "https://api.taxcloud.net",
    request: (value) => ({
      method: "POST",
      path: path`/1.0/TaxCloud/Ping`,
      effect: "none",
      accept: "any",
      json: { apiLoginID: loginId, apiKey: tokenIn(value).reveal() },
    }),
    judge: (answer) => {
      const body = answer.status === 200 ? objectIn(answer) : undefined;
      if (body?.["ResponseType"] === OK) return accepted("TaxCloud");
      if (body?.["ResponseType"] !== ERROR) return saysNothing(answer);
      return isAboutTheKey(body["Messages"])
        ? rejected("TaxCloud")
        : verdict("inconclusive", "AnswerNotUnderstood", "TaxCloud answered with an error that is not about the key.");
    },
  };
}

/** An error can be anything: only one that names the login or the key says that it is dead. */
function isAboutTheKey(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false;
  return messages.some((each: unknown) => {
    const text = typeof each === "object" && each !== null && "Message" in each ? each.Message : undefined;
    return typeof text === "string" && /invalid\b.*\b(api\s?login\s?id|api\s?key)\b/i.test(text);
  });
}
