import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { folderSource } from "../../controller/sources/folder.ts";
import { readManifests } from "../../controller/sources/manifest/read.ts";
import { codes, lookAt, signal } from "./looks.ts";
import { accountText, credentialText } from "./manifests.ts";

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "velvet-folder-"));
  folder = join(parent, "platform");
  await mkdir(folder);
});
afterEach(async () => rm(parent, { recursive: true, force: true }));

const sourceHere = () => folderSource({ name: "platform", folder, read: readManifests });
const put = async (name: string, text: string | Buffer) => writeFile(join(folder, name), text);
const names = (look: Awaited<ReturnType<typeof lookAt>>) => look.documents.map((document) => document.name).sort();

it("reads the accounts of the platform's folder, and says what does not belong there", async () => {
  await put("a.yaml", accountText("a"));
  await mkdir(join(folder, "deep"));
  await put("deep/b.yml", accountText("b"));
  await put("README.md", "no manifest");
  await put("c.yaml", credentialText("c"));
  const look = await lookAt(sourceHere());
  expect(look).toMatchObject({ source: "platform", kind: "folder", trust: "claimed" });
  expect(names(look)).toEqual(["a", "b"]);
  expect(look.documents[0]).toMatchObject({
    kind: "VendorAccount",
    namespace: "",
    origin: { path: "a.yaml", line: 1 },
  });
  expect(codes(look)).toEqual(["c.yaml:2 TenantKindInPlatformTree"]);
});

it("says nothing while nothing changes, and sees an edit that changes neither size nor time", async () => {
  const then = new Date(1_700_000_000_000);
  await put("a.yaml", accountText("aa"));
  await utimes(join(folder, "a.yaml"), then, then);
  const source = sourceHere();
  const { cursor } = await lookAt(source);
  expect(await source.look(cursor, signal)).toBeUndefined();
  await put("a.yaml", accountText("bb"));
  await utimes(join(folder, "a.yaml"), then, then);
  expect(names(await lookAt(source, cursor))).toEqual(["bb"]);
});

it("looks whole when the ledger has another cursor, or none", async () => {
  await put("a.yaml", accountText("a"));
  const source = sourceHere();
  await lookAt(source);
  expect(names(await lookAt(source, "other"))).toEqual(["a"]);
  expect(names(await lookAt(source))).toEqual(["a"]);
});

it("follows a link inside the folder, as a mounted ConfigMap has them, and none out of it", async () => {
  await mkdir(join(folder, "..2026"));
  await put("..2026/a.yaml", accountText("a"));
  await symlink("..2026", join(folder, "..data"));
  await symlink("..data/a.yaml", join(folder, "a.yaml"));
  await writeFile(join(parent, "outside.yaml"), accountText("outside"));
  await symlink("../outside.yaml", join(folder, "outside.yaml"));
  await symlink("nowhere.yaml", join(folder, "dangling.yaml"));
  expect(names(await lookAt(sourceHere()))).toEqual(["a"]);
});

it("says that the folder is away, and recovers", async () => {
  await put("a.yaml", accountText("a"));
  const source = sourceHere();
  const { cursor } = await lookAt(source);
  await rename(folder, `${folder}.away`);
  await expect(source.look(cursor, signal)).rejects.toMatchObject({ reason: "FolderNotFound" });
  await rename(`${folder}.away`, folder);
  expect(await source.look(cursor, signal)).toBeUndefined();
});

it("names a file that is too large or no text, and reads those beside it", async () => {
  await put("a.yaml", accountText("a"));
  await put("big.yaml", "x".repeat(300_000));
  await put("bytes.yaml", Buffer.from([0xff, 0xfe]));
  const look = await lookAt(sourceHere());
  expect(names(look)).toEqual(["a"]);
  expect(codes(look)).toEqual(["big.yaml:0 FileTooLarge", "bytes.yaml:0 NotUtf8"]);
});

it("wakes the poll when a file changes", async () => {
  const source = sourceHere();
  const stop = new AbortController();
  const woken = Promise.withResolvers<void>();
  source.watch?.(() => woken.resolve(), stop.signal);
  await put("a.yaml", accountText("a"));
  await expect(woken.promise).resolves.toBeUndefined();
  stop.abort();
});
