using System.Text;

namespace PureLora.Jinja;

/// <summary>A function of the compiled template: the template, a block, a macro, a recursive loop. Each call has slots of its own.</summary>
internal sealed class Routine(Routine? outer)
{
    public int Level { get; } = outer is null ? 0 : outer.Level + 1;

    public int SlotCount { get; set; }
}

/// <summary>The slots of one call, and those of the call around it.</summary>
internal sealed class Slots(int count, Slots? outer)
{
    public readonly Value?[] Values = new Value?[count];

    public readonly Slots? Outer = outer;
}

/// <summary>A name in a scope: a slot of a routine.</summary>
internal sealed class Variable(Routine owner, string name)
{
    readonly int slot = owner.SlotCount++;

    public string Name => name;

    /// <summary>Read and written from a routine within the owner; null is what Jinja calls missing.</summary>
    public Place From(Routine routine) => new(routine.Level - owner.Level, slot);
}

/// <summary>So many calls out, that slot.</summary>
internal readonly record struct Place(int Hops, int Slot)
{
    public Value? Get(Slots slots)
    {
        for (int i = 0; i < Hops; i++) slots = slots.Outer!;
        return slots.Values[Slot];
    }

    public void Set(Slots slots, Value? value)
    {
        for (int i = 0; i < Hops; i++) slots = slots.Outer!;
        slots.Values[Slot] = value;
    }
}

/// <summary>What a variable holds where its scope begins.</summary>
internal enum Load
{
    /// <summary>It is set by what opens the scope.</summary>
    Parameter,

    /// <summary>What was given to the template under that name.</summary>
    Given,

    /// <summary>What a variable of an outer scope holds then.</summary>
    Outer,

    /// <summary>Nothing.</summary>
    Missing,
}

/// <summary>
/// Which names a scope reads and writes, found before it runs, by Jinja's rules: what is written in a scope is that scope's
/// own from its start, even where it is read first, and what is written in some branches only begins as what it is outside.
/// </summary>
internal sealed class Symbols
{
    readonly Symbols? parent;
    readonly Routine routine;
    readonly Dictionary<string, Variable> own;
    readonly Dictionary<string, Variable> names;
    readonly Dictionary<Variable, (Load Load, Variable? From)> loads;
    readonly HashSet<string> stores;

    public Symbols(Symbols? parent, Routine routine)
    {
        (this.parent, this.routine) = (parent, routine);
        (own, names, loads, stores) = ([], [], [], []);
    }

    Symbols(Symbols of)
    {
        (parent, routine, own) = (of.parent, of.routine, of.own);
        (names, loads, stores) = (new(of.names), new(of.loads), [.. of.stores]);
    }

    /// <summary>All names written in this scope and around it.</summary>
    public IEnumerable<string> AllStores() => parent is null ? stores : stores.Union(parent.AllStores());

    /// <summary>For one branch of an <c>if</c>; variables of one name stay one.</summary>
    public Symbols Branch() => new(this);

    public Variable? Find(string name) => names.TryGetValue(name, out var variable) ? variable : parent?.Find(name);

    Variable Define(string name, Load load, Variable? from = null)
    {
        if (!own.TryGetValue(name, out var variable)) own[name] = variable = new Variable(routine, name);
        names[name] = variable;
        loads[variable] = (load, from);
        return variable;
    }

    public Variable Parameter(string name)
    {
        stores.Add(name);
        return Define(name, Load.Parameter);
    }

    public void Read(string name)
    {
        if (Find(name) is null) Define(name, Load.Given);
    }

    public void Write(string name)
    {
        stores.Add(name);
        if (names.ContainsKey(name)) return;
        var outer = parent?.Find(name);
        Define(name, outer is null ? Load.Missing : Load.Outer, outer);
    }

    /// <summary>Takes up what branches found.</summary>
    public void Merge(IReadOnlyList<Symbols> branches)
    {
        var written = branches.SelectMany(b => b.stores).Except(stores).ToList();
        foreach (var branch in branches)
        {
            foreach (var (name, variable) in branch.names) names[name] = variable;
            foreach (var (variable, load) in branch.loads) loads[variable] = load;
            stores.UnionWith(branch.stores);
        }
        foreach (string name in written)
        {
            var outer = parent?.Find(name);
            loads[Find(name)!] = (outer is null ? Load.Given : Load.Outer, outer);
        }
    }

    /// <summary>What is done where the scope begins, and undone where it ends.</summary>
    public ScopeEntry Entry() => new([.. loads.Where(l => l.Value.Load != Load.Parameter).Select(l => (l.Key.From(routine), l.Value.Load, l.Value.From?.From(routine) ?? default, l.Key.Name))],
        [.. loads.Keys.Select(v => v.From(routine))]);
}

/// <summary>The first and last act of a scope.</summary>
internal sealed class ScopeEntry((Place Place, Load Load, Place From, string Name)[] loads, Place[] all)
{
    public void Enter(Run run, Slots slots)
    {
        foreach (var (place, load, from, name) in loads)
            place.Set(slots, load switch { Load.Given => run.Resolve(name), Load.Outer => from.Get(slots), _ => null });
    }

    public void Leave(Slots slots)
    {
        foreach (var place in all) place.Set(slots, null);
    }

    /// <summary>Runs a body within the scope and gives its text away; not where it leaves a loop, as Jinja's own code does.</summary>
    public Flow Captured(IReadOnlyList<Statement> body, Run run, Slots slots, Action<TextValue> take)
    {
        Enter(run, slots);
        var buffer = new StringBuilder();
        var flow = Statement.All(body, run, slots, buffer);
        if (flow != Flow.Next) return flow;
        take(new TextValue(buffer.ToString(), run.Escapes));
        Leave(slots);
        return Flow.Next;
    }
}
