import { describe, expect, it } from "vitest";
import { everything } from "../conformance/wire.ts";
import { Terminal } from "../errors.ts";
import { factsOf, failureOf } from "./failures.ts";

const FACTS = factsOf("write", "orders/.env");
const errno = (code: string) => Object.assign(new Error(`${code}: open '/srv/secrets/orders/.env'`), { code });

describe("a failure of the file system", () => {
  it.each([
    ["EROFS", "Terminal", "TargetReadOnly"],
    ["EACCES", "Terminal", "TargetForbidden"],
    ["EPERM", "Terminal", "TargetForbidden"],
    ["ENOSPC", "Transient", "DiskFull"],
    ["EDQUOT", "Transient", "DiskFull"],
    ["ENOTDIR", "Terminal", "PathNotAFolder"],
    ["EISDIR", "Terminal", "TargetIsFolder"],
    ["EBUSY", "Terminal", "TargetIsMount"],
    ["EMFILE", "Transient", "TooManyOpenFiles"],
    ["ENOENT", "Transient", "TargetChanging"],
  ])("with %s is %s %s, without an absolute path", (code, name, reason) => {
    const error = failureOf(errno(code), FACTS, true);
    expect(error).toMatchObject({ name, reason, facts: { code, operation: "write orders/.env" } });
    expect(everything(error)).not.toContain("/srv/secrets");
  });

  it("that is in no table is unknown after a write and worth another try after a read", () => {
    expect(failureOf(errno("EIO"), FACTS, true).name).toBe("OutcomeUnknown");
    expect(failureOf(errno("EIO"), FACTS, false).name).toBe("Transient");
    expect(failureOf("thrown text", FACTS, true)).toMatchObject({ reason: "FileSystemFailed" });
  });

  it("that is typed already stays as it is", () => {
    const typed = new Terminal({ reason: "X", message: "x" }, FACTS);
    expect(failureOf(typed, FACTS, true)).toBe(typed);
  });
});
