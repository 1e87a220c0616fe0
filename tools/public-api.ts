/** The exports of the package, from its declarations in dist/, read with the compiler's interface. */
import { basename, dirname, join, relative } from "node:path";
import { ModifierFlags, type Node, SyntaxKind } from "typescript/unstable/ast";
import {
  API,
  type Checker,
  type Project,
  SymbolFlags,
  type Symbol as TsSymbol,
} from "typescript/unstable/sync";

const ROOT = join(import.meta.dirname, "../..");
const DECLARATIONS = join(ROOT, "dist/src");
export const ENTRIES = ["index", "ebpf", "reasons", "reconcile"] as const;

export interface PublicExport {
  readonly name: string;
  /** False for interfaces and other types, which do not exist at run time. */
  readonly isValue: boolean;
  /** "dist/src/bpf/builder.d.ts Builder": one declaration that two entries export is the same. */
  readonly declaredAs: string;
  /** Code of the @example blocks in its documentation. */
  readonly examples: readonly string[];
}

export interface Entry {
  readonly name: string;
  readonly exports: readonly PublicExport[];
  /** Types that a signature names, and that the entry does not export: "Struct (in StructMemory)". */
  readonly missingTypes: readonly string[];
}

/** The exports of all entries in a folder of declarations; default: those of the package. */
export function readPublicApi(folder = DECLARATIONS, entries: readonly string[] = ENTRIES): readonly Entry[] {
  const api = new API({ cwd: ROOT });
  try {
    const files = entries.map((name) => join(folder, `${name}.d.ts`));
    const snapshot = api.updateSnapshot({ openFiles: files });
    return files.map((file) => {
      const project = snapshot.getDefaultProjectForFile(file);
      if (project === undefined) throw new Error(`The compiler knows no project of ${file}`);
      return readEntry(file, project);
    });
  } finally {
    api.close();
  }
}

function readEntry(file: string, project: Project): Entry {
  const { checker, program } = project;
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is no module: build first`);
  const symbols = checker.getExportsOfModule(module).map((exported) => ({
    exported,
    declared: declaredSymbol(checker, exported),
  }));
  const inside = symbols.flatMap(({ declared }) => namespaceMembers(checker, declared));
  const known = new Set([...symbols.map(({ declared }) => declared), ...inside].map(nameOf));
  return {
    name: basename(file, ".d.ts"),
    exports: symbols.map(({ exported, declared }) => ({
      name: exported.name,
      isValue: (declared.flags & SymbolFlags.Value) !== 0 && !isTypeOnly(project, exported),
      declaredAs: nameOf(declared),
      examples: examplesIn(documentation(project, exported, declared)),
    })),
    missingTypes: [
      ...symbols.map(({ exported, declared }) => ({ declared, typeOnly: isTypeOnly(project, exported) })),
      ...inside.map((declared) => ({ declared, typeOnly: false })),
    ].flatMap(({ declared, typeOnly }) =>
      namedTypes(project, declared, typeOnly)
        .filter((named) => isOwn(named, dirname(file)) && !known.has(nameOf(named)))
        .map((named) => `${named.name} (in ${declared.name})`),
    ),
  };
}

/** The symbol behind `export { a as b } from`. */
function declaredSymbol(checker: Checker, symbol: TsSymbol): TsSymbol {
  return (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** The exports of `export * as name from`. */
function namespaceMembers(checker: Checker, symbol: TsSymbol): readonly TsSymbol[] {
  return (symbol.flags & SymbolFlags.Module) === 0
    ? []
    : checker.getExportsOfModule(symbol).map((member) => declaredSymbol(checker, member));
}

function nameOf(symbol: TsSymbol): string {
  return `${relative(ROOT, symbol.declarations[0]?.path ?? "")} ${symbol.name}`;
}

/** `export { type Name }`, `export type { Name }` and `export type * as Name`. */
function isTypeOnly(project: Project, exported: TsSymbol): boolean {
  const node = exported.declarations[0]?.resolve(project);
  if (node?.kind !== SyntaxKind.ExportSpecifier && node?.kind !== SyntaxKind.NamespaceExport) return false;
  return [node, node.parent, node.parent.parent].some((each) => /^(export )?type\s/.test(each.getText()));
}

/** The comment over a line `export * as name from`. */
function documentation(project: Project, exported: TsSymbol, declared: TsSymbol): string {
  const node = exported.declarations[0]?.resolve(project);
  if (node?.kind === SyntaxKind.NamespaceExport) return node.parent.getFullText();
  const tags = project.checker.getJsDocTagsOfSymbol(declared);
  return tags.map(({ text }) => text ?? "").join("\n");
}

/** The fenced blocks of TypeScript in a comment or a page of Markdown. */
export function examplesIn(text: string): readonly string[] {
  const blocks = text.matchAll(/^([ *]*)```ts\n(.*?)^[ *]*```$/gms);
  return [...blocks].map(([, margin = "", code = ""]) =>
    code
      .split("\n")
      .map((line) => line.slice(line.startsWith(margin) ? margin.length : margin.trimEnd().length))
      .join("\n"),
  );
}

/**
 * Types named by the declarations of a symbol, except in private members. The constructor and static members
 * of a class that is exported as a type cannot be reached.
 */
function namedTypes(project: Project, symbol: TsSymbol, typeOnly: boolean): readonly TsSymbol[] {
  const found = new Map<string, TsSymbol>();
  const visit = (node: Node): void => {
    if (isPrivate(node) || (typeOnly && isOfTheClass(node))) return;
    const name = typeNameIn(node);
    const named = name === undefined ? undefined : project.checker.getSymbolAtLocation(name);
    const target = named === undefined ? undefined : declaredSymbol(project.checker, named);
    if (target !== undefined) found.set(nameOf(target), target);
    node.forEachChild(visit);
  };
  if ((symbol.flags & SymbolFlags.Module) !== 0) return [];
  for (const declaration of symbol.declarations) {
    const node = declaration.resolve(project);
    if (node !== undefined) visit(node);
  }
  return [...found.values()];
}

/** The name in a node that names a type: a reference, a heritage clause, `import("...").Name`. */
function typeNameIn(node: Node): Node | undefined {
  if (node.kind === SyntaxKind.TypeReference) return firstChild(node);
  if (node.kind === SyntaxKind.ExpressionWithTypeArguments) return firstChild(node);
  if (node.kind !== SyntaxKind.ImportType) return undefined;
  const children: Node[] = [];
  node.forEachChild((child) => void children.push(child));
  return children.find((child) => child.kind === SyntaxKind.Identifier);
}

function firstChild(node: Node): Node | undefined {
  return node.forEachChild((child) => child);
}

function isOfTheClass(node: Node): boolean {
  return node.kind === SyntaxKind.Constructor || (modifiersOf(node) & ModifierFlags.Static) !== 0;
}

function modifiersOf(node: Node): number {
  return (node as { readonly modifierFlags?: number }).modifierFlags ?? 0;
}

function isPrivate(node: Node): boolean {
  return (
    (modifiersOf(node) & ModifierFlags.Private) !== 0 || /^(readonly )?(private |#)/.test(node.getText())
  );
}

/** Declared in the package, at the top of a file: neither a type parameter nor of a library. */
function isOwn({ declarations, flags }: TsSymbol, folder: string): boolean {
  const path = declarations[0]?.path ?? "";
  return path.startsWith(folder) && (flags & SymbolFlags.TypeParameter) === 0;
}
