import { expect, it } from "vitest";
import { parseBatch } from "./blobs.ts";
import { utf8 } from "./documents.ts";
import { parseChanges } from "./history.ts";
import { parseNamespaces } from "./namespaces.ts";
import { GIT_LIMITS, parseTree, selectFiles } from "./tree.ts";

const ID = "1".repeat(40);
const OTHER = "2".repeat(40);

it("reads a batch of contents that look like headers and hold any byte", () => {
  const content = Buffer.from([0x0a, 0x00, 0xff, ...Buffer.from(`${OTHER} blob 3\nabc\n`)]);
  const batch = Buffer.concat([
    Buffer.from(`${ID} blob ${content.length}\n`),
    content,
    Buffer.from(`\n${"3".repeat(40)} missing\n${OTHER} blob 0\n\n`),
  ]);
  const found = parseBatch(batch);
  expect([...found.keys()]).toEqual([ID, OTHER]);
  expect(found.get(ID)?.equals(content)).toBe(true);
  expect(found.get(OTHER)?.length).toBe(0);
});

it("attributes a path to the newest commit that touched it", () => {
  const log = [
    `\x01${ID}`,
    "\x02New <n@x>",
    "\x03Host <h@x>",
    "",
    "a.yaml",
    `\x01${OTHER}`,
    "\x02Old <o@x>",
    "\x03Old <o@x>",
    "",
    "a.yaml",
    "b.yaml",
    "",
  ];
  const changes = parseChanges(log.join("\n"));
  expect(changes.get("a.yaml")).toEqual({ commit: ID, author: "New <n@x>", committer: "Host <h@x>" });
  expect(changes.get("b.yaml")?.commit).toBe(OTHER);
});

it("drops control characters from a person's name", () => {
  const changes = parseChanges(`\x01${ID}\n\x02Eve\x1b[31m\x02 <e@x>\n\x03C <c@x>\n\na.yaml\n`);
  expect(changes.get("a.yaml")?.author).toBe("Eve[31m <e@x>");
});

it("chooses manifests below mapped paths and says what it will not follow", () => {
  const rules = parseNamespaces("teams/*=*");
  const entries = parseTree(
    [
      `100644 blob ${ID}\tteams/orders/db.yaml`,
      `100755 blob ${ID}\tteams/orders/run.yml`,
      `100644 blob ${ID}\tteams/orders/README.md`,
      `100644 blob ${ID}\tteams/orders/.hidden/x.yaml`,
      `120000 blob ${ID}\tteams/orders/link.yaml`,
      `120000 blob ${ID}\tteams/billing`,
      `160000 commit ${ID}\tteams/orders/sub`,
      `100644 blob ${ID}\tteams/orders/od\nd.yaml`,
      `100644 blob ${ID}\tteams/orders/${"x".repeat(600)}.yaml`,
      `100644 blob ${ID}\tteams/UPPER/x.yaml`,
      `100644 blob ${ID}\telsewhere/x.yaml`,
      `120000 blob ${ID}\telsewhere/link.yaml`,
      "",
    ].join("\0"),
  );
  const { files, problems } = selectFiles(entries, rules, GIT_LIMITS);
  expect(files.map((file) => file.path)).toEqual(["teams/orders/db.yaml", "teams/orders/run.yml"]);
  expect(problems.map((problem) => problem.code)).toEqual([
    "SymlinkIgnored",
    "SymlinkIgnored",
    "SubmoduleIgnored",
    "PathNotAllowed",
    "PathNotAllowed",
    "NamespaceInvalid",
  ]);
});

it("refuses a look with more files than the limit, by name", () => {
  const entries = [1, 2, 3].map((n) => ({ mode: "100644", id: ID, path: `teams/a/${n}.yaml` }));
  expect(() => selectFiles(entries, parseNamespaces("teams/*=*"), { ...GIT_LIMITS, mostFiles: 2 })).toThrow(
    expect.objectContaining({ reason: "TooManyFiles" }),
  );
});

it("takes only UTF-8 for text", () => {
  expect(utf8(Buffer.from("\ufeffgrün"))).toBe("grün");
  expect(utf8(Buffer.from([0xff, 0xfe, 0x00]))).toBeUndefined();
});
