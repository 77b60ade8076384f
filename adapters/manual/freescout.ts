/** FreeScout: one key for an instance; a new one ends the old one at once. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import { accepted, objectIn, rejected, saysNothing, tokenIn, traitsWith, type Vendor, verdict } from "./vendor.ts";

export function freescout({ mailbox }: NonNullable<ManualIssuer["freescout"]>): Vendor {
  return {
    traits: traitsWith({ windowMs: 10_000, everyMs: 5_000 }, { mintEndsOld: true }),
    targets: { vendor: "freescout", ...(mailbox === undefined ? {} : { mailbox: String(mailbox) }) },
    // One mailbox alone is no route of its API: they are listed.
    request: (value) => ({
      method: "GET",
      path: path`/api/mailboxes`,
      accept: "any",
      headers: { "x-freescout-api-key": tokenIn(value) },
    }),
    judge: (answer) => {
      if (answer.status === 401) return rejected("FreeScout");
      const mailboxes = answer.status === 200 ? mailboxesIn(answer) : undefined;
      if (!mailboxes) return saysNothing(answer);
      return mailbox === undefined || mailboxes.includes(mailbox) ? accepted("FreeScout") : ELSEWHERE;
    },
  };
}

const ELSEWHERE = verdict(
  "needs-human",
  "TokenElsewhere",
  "It is a key that does not see the mailbox in the manifest.",
);

function mailboxesIn(answer: HttpAnswer): readonly unknown[] | undefined {
  const embedded = objectIn(answer)?.["_embedded"];
  const found =
    typeof embedded === "object" && embedded !== null && "mailboxes" in embedded ? embedded.mailboxes : undefined;
  if (!Array.isArray(found)) return undefined;
  return found.map((each: unknown) =>
    typeof each === "object" && each !== null && "id" in each ? each.id : undefined,
  );
}
