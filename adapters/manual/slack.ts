/** Slack: `auth.test` is answered 200 whatever the token; only `ok` and `error` tell. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import { accepted, endsOldWhere, objectIn, saysNothing, tokenIn, traitsWith, type Vendor, verdict } from "./vendor.ts";

/** The token itself is none, or none any more. */
const DEAD: ReadonlySet<unknown> = new Set(["invalid_auth", "token_revoked", "token_expired", "account_inactive"]);

export function slack({ team, endsOld = true }: NonNullable<ManualIssuer["slack"]>): Vendor {
  return {
    traits: traitsWith({ windowMs: 30_000, everyMs: 5_000 }, endsOldWhere(endsOld)),
    targets: { vendor: "slack", team },
    baseUrl: "https://slack.com/api",
    request: (value) => ({
      method: "POST",
      path: path`/auth.test`,
      effect: "none",
      accept: "any",
      headers: { authorization: Secret.from(`Bearer ${tokenIn(value).reveal()}`) },
      json: {},
    }),
    judge: (answer) => {
      const body = answer.status === 200 ? objectIn(answer) : undefined;
      if (body?.["ok"] === true) return body["team_id"] === team ? accepted("Slack") : ELSEWHERE;
      if (body?.["ok"] !== false) return saysNothing(answer);
      const code = body["error"];
      if (DEAD.has(code)) return verdict("dead", "TokenRejected", `Slack does not accept it: ${String(code)}.`);
      return verdict(
        "inconclusive",
        "AnswerNotUnderstood",
        "Slack answered with an error that is not about the token.",
      );
    },
  };
}

const ELSEWHERE = verdict(
  "needs-human",
  "TokenElsewhere",
  "It is a token of another workspace than the manifest names.",
);
