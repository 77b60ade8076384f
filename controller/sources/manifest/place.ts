import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Step } from "./rules.ts";
import { startOf } from "./tree.ts";

/** Where a path stands in the text. A path that leads nowhere ends at the deepest key or value that is there. */
export function offsetOf(root: Node, path: readonly Step[], part: "key" | "value"): number {
  let offset = startOf(root);
  let node: unknown = root;
  for (const [index, step] of path.entries()) {
    const found = childOf(node, step);
    if (!found) return offset;
    const isLast = index === path.length - 1;
    offset = startOf(isLast && part === "value" ? (found.value ?? found.key) : found.key);
    node = found.value;
  }
  return offset;
}

interface Child {
  readonly key: Node;
  readonly value: Node | undefined;
}

function childOf(node: unknown, step: Step): Child | undefined {
  if (isSeq<Node>(node)) {
    const item = typeof step === "number" ? node.items[step] : undefined;
    return item && { key: item, value: item };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step));
  return pair && { key: pair.key, value: pair.value ?? undefined };
}
