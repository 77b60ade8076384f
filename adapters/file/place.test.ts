import { execFileSync } from "node:child_process";
import { chmod, chown, link, lstat, mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath, getuid } from "node:process";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { never, newRoot, sinkAt } from "./bench.fixture.ts";

const CHILD = fileURLToPath(new URL("writer.fixture.ts", import.meta.url));
const NOBODY = 65_534;
const order = { keys: { TOKEN: Secret.from("new") } };
const modeOf = async (path: string) => ((await lstat(path)).mode & 0o7777).toString(8);

function needsRoot(context: TestContext): void {
  if (getuid?.() !== 0) context.skip("only root can give files to others and run as them");
}

/** Runs one write as another user, or behind a mount, and gives back what it said. */
function writeAs(
  root: string,
  path: string,
  how: { readonly uid?: number; readonly mount?: string; readonly bytes?: number },
): string {
  const child = [execPath, CHILD, root, path, "K", "1", String(how.bytes ?? 8)];
  const user = how.uid === undefined ? {} : { uid: how.uid, gid: how.uid };
  const script = `mount ${how.mount} "$0" && exec "$@"`;
  const [command = "", ...rest] =
    how.mount === undefined ? child : ["unshare", "-rm", "sh", "-c", script, root, ...child];
  return execFileSync(command, rest, { encoding: "utf8", ...user, stdio: ["ignore", "pipe", "ignore"] }).trim();
}

function needsMounts(context: TestContext): void {
  try {
    execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
  } catch {
    context.skip("this machine lets nobody make mounts of their own");
  }
}

describe("a file that Velvet writes", () => {
  it("is readable for its owner only, and so are the folders that it makes", async () => {
    await using root = await newRoot();
    await sinkAt(root.path, "a/b/.env").write(order, never);
    expect(await modeOf(join(root.path, "a/b/.env"))).toBe("600");
    expect(await modeOf(join(root.path, "a"))).toBe("700");
    expect(await modeOf(join(root.path, "a/b"))).toBe("700");
    await sinkAt(root.path, "group.env", "dotenv", "0640").write(order, never);
    expect(await modeOf(join(root.path, "group.env"))).toBe("640");
  });

  it.each([
    ["644", undefined, "600"],
    ["400", undefined, "400"],
    ["664", "0640", "640"],
    ["600", "0640", "600"],
  ])("keeps no permission of mode %s that is wider than %s: %s", async (before, mode, after) => {
    await using root = await newRoot();
    await root.put(".env", "TOKEN=old\n");
    await chmod(join(root.path, ".env"), parseInt(before, 8));
    await sinkAt(root.path, ".env", "dotenv", mode).write(order, never);
    expect(await root.get(".env")).toBe("TOKEN=new\n");
    expect(await modeOf(join(root.path, ".env"))).toBe(after);
  });

  it("keeps its owner and group, and a new one takes its folder's, when Velvet is root", async (context) => {
    needsRoot(context);
    await using root = await newRoot();
    await root.put("apps/.env", "TOKEN=old\n");
    await chown(join(root.path, "apps"), 1234, 4321);
    await chown(join(root.path, "apps/.env"), 2345, 5432);
    await sinkAt(root.path, "apps/.env").write(order, never);
    await sinkAt(root.path, "apps/new/x.json", "json").write(order, never);
    expect(await stat(join(root.path, "apps/.env"))).toMatchObject({ uid: 2345, gid: 5432 });
    expect(await stat(join(root.path, "apps/new"))).toMatchObject({ uid: 1234, gid: 4321 });
    expect(await stat(join(root.path, "apps/new/x.json"))).toMatchObject({ uid: 1234, gid: 4321 });
  });

  it("is not touched where it holds the value already", async () => {
    await using root = await newRoot();
    await root.put(".env", "TOKEN='new'\n");
    await utimes(join(root.path, ".env"), 1, 1);
    const { ino, mtimeNs, ctimeNs } = await stat(join(root.path, ".env"), { bigint: true });
    expect((await sinkAt(root.path, ".env").write(order, never)).changed).toBe(false);
    expect(await stat(join(root.path, ".env"), { bigint: true })).toMatchObject({ ino, mtimeNs, ctimeNs });
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("leaves nothing beside it, and takes away what killed writers left there", async () => {
    await using root = await newRoot();
    const dead = "000000000000-1-1-000000000000";
    for (const name of [`..env.velvet-tmp-${dead}`, `..env.velvet-lock-${dead}/${dead}`]) {
      await root.put(name, "TOKEN=half");
      await utimes(join(root.path, name), 1, 1);
      await utimes(join(root.path, name.split("/")[0] ?? ""), 1, 1);
    }
    await root.put(`.other.velvet-tmp-${dead}`, "");
    await sinkAt(root.path, ".env").write(order, never);
    expect((await readdir(root.path)).sort()).toEqual([".env", `.other.velvet-tmp-${dead}`].sort());
  });
});

describe("the version of a file", () => {
  it("changes with an edit in place that keeps the size", async () => {
    await using root = await newRoot();
    await root.put(".env", "TOKEN=old\n");
    const sink = sinkAt(root.path, ".env");
    const { version = "" } = await sink.observe(["TOKEN"], never);
    const before = await stat(join(root.path, ".env"), { bigint: true });
    // File systems keep time in ticks of some milliseconds: edit until the clock has moved on.
    await expect
      .poll(async () => {
        await root.put(".env", "TOKEN=odd\n");
        return (await stat(join(root.path, ".env"), { bigint: true })).mtimeNs > before.mtimeNs;
      })
      .toBe(true);
    const error = await failure(sink.write({ ...order, ifVersion: version }, never));
    expect(error).toMatchObject({ name: "Transient", reason: "VersionConflict" });
    expect(await root.get(".env")).toBe("TOKEN=odd\n");
  });

  it("holds nothing of what the file holds", async () => {
    await using root = await newRoot();
    const versions = new Set<string | undefined>();
    for (const name of ["a.env", "b.env"]) {
      await root.put(name, "TOKEN=same\n");
      versions.add((await sinkAt(root.path, name).observe(["TOKEN"], never)).version);
    }
    expect(versions.size).toBe(2);
  });
});

describe("a path", () => {
  it.each(["../x", "a/../../x", "/etc/x", "a//b", "a/./b", "", ".", "a/", "a\0b", ".x.velvet-lock/y"])(
    "that is %j is refused",
    async (path) => {
      await using root = await newRoot();
      for (const work of [sinkAt(root.path, path).write(order, never), sinkAt(root.path, path).observe(["A"], never)]) {
        expect(await failure(work)).toMatchObject({ name: "Terminal", reason: "PathInvalid" });
      }
      expect(await readdir(root.path)).toEqual([]);
    },
  );

  it.each([
    ["out/.env", "PathIsLink"],
    ["inside/.env", "PathIsLink"],
    ["file-link", "PathIsLink"],
    ["dangling", "PathIsLink"],
    ["folder", "TargetIsFolder"],
    ["plain/x", "PathNotAFolder"],
    ["pipe", "TargetNotAFile"],
    ["large", "TargetTooLarge"],
    ["binary", "FileNotUnderstood"],
    ["twin", "TargetHardLinked"],
    ["n".repeat(240), "PathTooLong"],
  ])("that leads to %s is refused as %s, and nothing is written", async (path, reason) => {
    await using root = await newRoot();
    await using elsewhere = await newRoot();
    await elsewhere.put(".env", "TOKEN=theirs\n");
    await mkdir(join(root.path, "folder"));
    await root.put("folder/.env", "TOKEN=theirs\n");
    await root.put("plain", "TOKEN=theirs\n");
    await root.put("large", `A=${"x".repeat(300_000)}\n`);
    await writeFile(join(root.path, "binary"), Buffer.from([0x41, 0x3d, 0xff, 0x0a]));
    await symlink(elsewhere.path, join(root.path, "out"));
    await symlink("folder", join(root.path, "inside"));
    await symlink(join(elsewhere.path, ".env"), join(root.path, "file-link"));
    await symlink("nowhere", join(root.path, "dangling"));
    await link(join(root.path, "plain"), join(root.path, "twin"));
    execFileSync("mkfifo", [join(root.path, "pipe")]);
    const before = (await readdir(root.path)).sort();
    const error = await failure(sinkAt(root.path, path).write(order, never));
    expect(error).toMatchObject({ name: "Terminal", reason, remedy: expect.any(String) });
    expect(everything(error).replaceAll(import.meta.dirname, "")).not.toContain(root.path);
    expect((await readdir(root.path)).sort()).toEqual(before);
    expect(await elsewhere.get(".env")).toBe("TOKEN=theirs\n");
    expect(await root.get("folder/.env")).toBe("TOKEN=theirs\n");
  });

  it("may have a root that is a link, which is the platform's", async () => {
    await using root = await newRoot();
    await mkdir(join(root.path, "real"));
    await symlink("real", join(root.path, "root"));
    await sinkAt(join(root.path, "root"), ".env").write(order, never);
    expect(await root.get("real/.env")).toBe("TOKEN=new\n");
  });

  it("below a missing root is refused, because the root is likelier not mounted", async () => {
    await using root = await newRoot();
    const error = await failure(sinkAt(join(root.path, "gone"), ".env").write(order, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "RootMissing" });
  });
});

describe("a file system that refuses", () => {
  it("forbids a folder that Velvet's user may not write", async (context) => {
    needsRoot(context);
    await using root = await newRoot();
    await chmod(root.path, 0o755);
    expect(writeAs(root.path, ".env", { uid: NOBODY })).toBe("Terminal TargetForbidden");
  });

  it("forbids to take a file away from its owner", async (context) => {
    needsRoot(context);
    await using root = await newRoot();
    await chown(root.path, NOBODY, NOBODY);
    await root.put(".env", "TOKEN=old\n");
    await chmod(join(root.path, ".env"), 0o644);
    expect(writeAs(root.path, ".env", { uid: NOBODY })).toBe("Terminal OwnerWouldChange");
    expect(await root.get(".env")).toBe("TOKEN=old\n");
    expect(await readdir(root.path)).toEqual([".env"]);
  });

  it("is said to be read-only", async (context) => {
    needsMounts(context);
    await using root = await newRoot();
    expect(writeAs(root.path, ".env", { mount: "-t tmpfs -o ro tmpfs" })).toBe("Terminal TargetReadOnly");
  });

  it("is said to be full, and may be tried again", async (context) => {
    needsMounts(context);
    await using root = await newRoot();
    const how = { mount: "-t tmpfs -o size=16k tmpfs", bytes: 100_000 };
    expect(writeAs(root.path, ".env", how)).toBe("Transient DiskFull");
  });
});
