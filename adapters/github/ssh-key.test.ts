import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, property, uint8Array } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPair, PAIR_BYTES, publicOf, sameKey, wrongPair } from "./ssh-key.ts";

/** RFC 8032, 7.1, test 1: a secret key and its public key. */
const SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const POINT = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

describe("a key pair", () => {
  it("is the one of the RFC for its seed, and leaves nothing of the bytes that it was made from", () => {
    const bytes = Buffer.concat([Buffer.from(SEED, "hex"), Buffer.from("01020304", "hex")]);
    const { publicKey, privateKey } = newPair(bytes);
    expect(publicKey).toBe(
      `ssh-ed25519 ${Buffer.from(`0000000b7373682d6564323535313900000020${POINT}`, "hex").toString("base64")}`,
    );
    expect(privateKey).toMatch(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,70}\n)+-----END OPENSSH PRIVATE KEY-----\n$/,
    );
    expect(bytes.equals(Buffer.alloc(PAIR_BYTES))).toBe(true);
  });

  it("has the public half that its private half says, and another one when it is mutated, always the same", () => {
    assert(
      property(uint8Array({ minLength: PAIR_BYTES, maxLength: PAIR_BYTES }), (bytes) => {
        const { publicKey, privateKey } = newPair(Buffer.from(bytes));
        expect(publicOf(privateKey)).toBe(publicKey);
        const wrong = wrongPair(privateKey);
        expect(publicOf(wrong.privateKey)).toBe(wrong.publicKey);
        expect(sameKey(wrong.publicKey, publicKey)).toBe(false);
        expect(wrongPair(privateKey)).toEqual(wrong);
      }),
    );
  });

  it("is told by the part that signs, whatever the head of the file says", () => {
    const [mine, theirs] = [newPair(randomBytes(PAIR_BYTES)), newPair(randomBytes(PAIR_BYTES))];
    const bytes = ({ privateKey }: { privateKey: string }) =>
      Buffer.from(privateKey.replaceAll(/-----[A-Z ]+-----|\n/g, ""), "base64");
    const blob = ({ publicKey }: { publicKey: string }) => Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
    const file = bytes(mine);
    blob(theirs).copy(file, file.indexOf(blob(mine)));
    const mixed = `-----BEGIN OPENSSH PRIVATE KEY-----\n${file.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(file.includes(blob(theirs))).toBe(true);
    expect(publicOf(mixed)).toBe(mine.publicKey);
  });

  it("is read from PEM too", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" });
    expect(publicOf(rsa.toString())).toMatch(/^ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ/);
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const point = Buffer.from(publicKey.export({ format: "jwk" })["x"] ?? "", "base64url").toString("hex");
    const line = publicOf(privateKey.export({ type: "pkcs8", format: "pem" }).toString()) ?? "";
    expect(Buffer.from(line.split(" ")[1] ?? "", "base64").toString("hex")).toBe(
      `0000000b7373682d6564323535313900000020${point}`,
    );
  });

  it.each([
    ["nothing", ""],
    ["no key", "hello"],
    ["an empty file", "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n"],
    ["another magic", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"],
    [
      "a file that is cut short",
      newPair(randomBytes(PAIR_BYTES)).privateKey.replace(/\n[^\n]+\n-----END/, "\n-----END"),
    ],
    [
      "a curve that is not known",
      generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ],
  ])("is not read from %s", (_title, text) => {
    expect(publicOf(text)).toBeUndefined();
  });

  it("is the same whatever comment stands behind it", () => {
    expect(sameKey("ssh-ed25519 AAAA me@host", "ssh-ed25519  AAAA\n")).toBe(true);
    expect(sameKey("ssh-ed25519 AAAA", "ssh-ed25519 AAAB")).toBe(false);
  });
});

const KEYGEN = "/usr/bin/ssh-keygen";

describe.skipIf(!existsSync(KEYGEN))("OpenSSH itself", () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "velvet-ssh-"));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  it("reads the private key, finds the same public one, and signs with it", async () => {
    const { privateKey, publicKey } = newPair(randomBytes(PAIR_BYTES));
    await writeFile(file("key"), privateKey, { mode: 0o600 });
    const found = execFileSync(KEYGEN, ["-y", "-P", "", "-f", file("key")], { encoding: "utf8" });
    expect(sameKey(found, publicKey)).toBe(true);
    await writeFile(file("text"), "velvet");
    await writeFile(file("signers"), `velvet ${publicKey}\n`);
    execFileSync(KEYGEN, ["-q", "-Y", "sign", "-f", file("key"), "-n", "test", file("text")], { stdio: "pipe" });
    const check = ["-Y", "verify", "-f", file("signers"), "-I", "velvet", "-n", "test", "-s", file("text.sig")];
    const said = execFileSync(KEYGEN, check, { encoding: "utf8", input: "velvet" });
    expect(said).toContain("Good");
  });

  it.each([
    ["ed25519", "", "made"],
    ["ed25519", "a passphrase", "locked"],
    ["rsa", "", "rsa"],
    ["ecdsa", "", "ecdsa"],
  ])("makes keys of type %s with the passphrase %j whose public half is found", async (type, passphrase, name) => {
    execFileSync(KEYGEN, ["-q", "-t", type, "-N", passphrase, "-C", "by hand", "-f", file(name)]);
    const line = await readFile(file(`${name}.pub`), "utf8");
    expect(sameKey(publicOf(await readFile(file(name), "utf8")) ?? "", line)).toBe(true);
  });
});
