/** A credential that leaked, and a door that goes on letting it in. */
import assert from "node:assert/strict";
import { tellTo, openWebhook } from "../leak/webhook.ts";
import { type Drill, assertShown, atHeroku } from "./drill.ts";
import type { HerokuDrill, HerokuOptions } from "./heroku.ts";
import { poll } from "./poll.ts";
import { NEXT, type Person } from "./person.ts";

const INVESTIGATE = "velvet investigate <request>";
const RESOLVE = "velvet resolve-leak <request> --ticket <ticket> --reason <why>";
const FOLLOW_UP = "velvet request rotate <name> --after <request-name> -n <namespace> --reason <why>";
const LEAK = { flow: "Revocation", reason: "in a public log", ticket: "SEC-7" } as const;

const DOOR: HerokuOptions = { consumers: ["door"], doorAccepts: true };

/** Somebody is told within 30 s, and what they are told is returned. */
async function alarmed({ world }: HerokuDrill): Promise<string> {
  await using webhook = await openWebhook();
  const stopping = new AbortController();
  const telling = tellTo(webhook, world.ledger.db, stopping.signal, 50);
  const { text, fields, atMs } = await webhook.next;
  stopping.abort();
  await telling;
  const { leakedAt = "" } = (await world.view()).rotation.facts.revocation ?? {};
  assert.ok(atMs - Date.parse(leakedAt) < 30_000);
  assertShown(JSON.stringify(fields), "velvet describe orders/first", "SEC-7");
  return text;
}

/** A minute passes, after which everybody at the vendor has heard that it has ended. */
async function propagated({ world }: HerokuDrill): Promise<void> {
  const path = "'{revocation,ids,0,at}'";
  await poll("nobody works on it", async () => {
    const moved = await world.sql(
      `update velvet.rotation set facts = jsonb_set(facts, ${path}, to_jsonb($1::text)) where lease_until < now() returning id`,
      [new Date(Date.now() - 60_000).toISOString()],
    );
    return moved.length > 0 ? true : undefined;
  });
}

async function leaks(drill: HerokuDrill, person: Person): Promise<string> {
  const { world, door, old } = drill;
  world.mustWork = false; // it is ended on purpose
  door.answers = (token) => (token === old.token ? 200 : undefined); // it remembers whom it has let in
  await world.request(LEAK);
  await world.in("rev_validating");
  await propagated(drill);
  await world.soon("rev_leaked");
  assertShown(await alarmed(drill), "door still lets the leaked credential orders/token in, although it has ended.");
  const page = await person.describes();
  assertShown(page, /Ready False RevLeaked .+/, "LockedOut False OldValueAccepted", "door files leaking");
  return page;
}

const SHOWN = "RevLeaked: who lets it in; an alarm within 30 s";

async function givesNew({ world, door }: HerokuDrill, person: Person): Promise<void> {
  door.answers = () => undefined;
  await person.does(await person.describes(), FOLLOW_UP);
  await world.soon("done", NEXT);
  world.mustWork = true;
}

export const LEAK_DRILLS: readonly Drill[] = [
  {
    situation: "rev_leaked",
    ways: [
      atHeroku("mend the door: it is asked again", [FOLLOW_UP], DOOR, async (drill, person) => {
        await leaks(drill, person);
        drill.door.answers = () => undefined;
        await drill.world.soon("rev_done");
        await givesNew(drill, person);
        return { shown: SHOWN, ended: "RevDone; then everybody has a new one" };
      }),
      atHeroku(
        "look into it, and say that it is over",
        [INVESTIGATE, RESOLVE, FOLLOW_UP],
        DOOR,
        async (drill, person) => {
          const page = await leaks(drill, person);
          assertShown(
            await person.does(page, INVESTIGATE),
            "| door | files | leaking |",
            "- [ ] Make door drop the value",
          );
          await person.does(page, RESOLVE);
          await drill.world.in("rev_done");
          await givesNew(drill, person);
          return { shown: SHOWN, ended: "RevDone; then everybody has a new one" };
        },
      ),
    ],
  },
];
