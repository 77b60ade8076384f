/** What `velvet validate` says of test slots, with the adapters of the build and no account opened. */
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProcessFrame, runVelvet } from "./program.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "velvet-slots-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function validate(): Promise<{ code: number; out: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const frame = Object.assign(new EventEmitter(), { env: {}, stdin: Readable.from([]), stdout, stderr });
  const code = await runVelvet(["validate", folder], frame as unknown as ProcessFrame);
  return { code, out: String(stdout.read() ?? "").replaceAll(`${folder}/`, "") };
}

function credential(name: string, consumer: string, more = ""): void {
  const text = `apiVersion: velvet.raxx.app/v1alpha1
kind: Credential
metadata: {name: ${name}}
spec:
  credentialName: TOKEN
  environment: test
  issuer: {account: heroku, heroku: {authorization: {scope: [read]}}}
  custody: {account: files, file: {path: custody/${name}.json, format: json}}
  consumers:
    - ${consumer}
${more}`;
  writeFileSync(join(folder, `${name}.yaml`), text);
}

const KEYS = "keys: [{field: value, name: TOKEN}]";
const app = (slot: string): string => `{id: app, account: heroku, heroku: {app: orders}, ${KEYS}, testSlot: ${slot}}`;

describe("test slots", () => {
  it("are taken where they name a place of their own", async () => {
    credential("one", app("{app: orders-preview}"));
    expect(await validate()).toMatchObject({ code: 0 });
  });

  it.each([
    ["{appp: orders-preview}", "testSlot as heroku: spec.consumers[0].testSlot has no field appp"],
    ["{app: 7}", "testSlot as heroku: spec.consumers[0].testSlot.app"],
    ["{keySuffix: 'a b'}", "testSlot: keySuffix has at most 32 letters"],
    ["{app: orders-preview, endpoint: preview}", "testSlot: endpoint needs a check of type http"],
    ["{}", "testSlot names no other place"],
  ])("are refused by line where they are %s", async (slot, message) => {
    credential("one", app(slot));
    const { code, out } = await validate();
    expect(code).toBe(1);
    expect(out).toMatch(/^one\.yaml:10:\d+ TestSlotInvalid /);
    expect(out).toContain(message);
  });

  it("are refused where they are live, in their own Credential or in another file, as admission refuses them", async () => {
    credential("one", app("{keySuffix: _TEST}"));
    const own = await validate();
    expect(own.out).toContain(
      "RehearsalTouchesLive The test slot of app is heroku app orders, key TOKEN_TEST, which is live: it belongs to this Credential, consumer app. Whoever reads it takes notice of every key. A rehearsal writes no live place.",
    );
    credential("one", app("{app: orders-preview}"));
    credential("two", `{id: preview, account: other, heroku: {app: orders-preview}, ${KEYS}}`);
    const other = await validate();
    expect(other.code).toBe(1);
    expect(other.out).toContain("one.yaml:1:1 RehearsalTouchesLive");
    expect(other.out).toContain("it belongs to folder two, consumer preview.");
  });

  it("are refused where two consumers share one", async () => {
    credential(
      "one",
      app("{app: orders-preview}"),
      `    - ${app("{app: orders-preview}").replace("id: app", "id: twin")}\n`,
    );
    expect((await validate()).out).toMatch(
      /TestSlotTaken The test slot of app is heroku app orders-preview, key TOKEN/,
    );
  });

  it("are refused where the account beside them does not allow them", async () => {
    credential("one", app("{app: orders-preview}"));
    const allow = "allow: [{namespaces: [orders], targets: {app: [orders]}}]";
    const account = `apiVersion: velvet.raxx.app/v1alpha1\nkind: VendorAccount\nmetadata: {name: heroku}\n`;
    writeFileSync(join(folder, "account.yaml"), `${account}spec: {adapter: heroku, ${allow}}\n`);
    const { out } = await validate();
    expect(out).toContain("NotAllowed the account heroku does not allow the test slot of app: app orders-preview");
  });
});
