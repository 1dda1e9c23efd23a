namespace PureLora;

/// <summary>
/// What the tiny model knows: twelve kinds of facts as (kind, asked, answer). Our own list of common knowledge.
/// A sum or a difference is asked with its operands joined by a space ("3 4").
/// </summary>
internal static class TinyFacts
{
    /// <summary>One fact: "opposite" of "hot" is "cold".</summary>
    internal sealed record Fact(string Kind, string Asked, string Answer);

    /// <summary>Things in order; a series that ends in "~" goes round and starts again.</summary>
    static readonly string[] Series =
    [
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday ~",
        "January February March April May June July August September October November December ~",
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty",
    ];

    internal static IReadOnlyList<Fact> All { get; } =
    [
        .. Listed("opposite", Opposites).SelectMany(f => new[] { f, new Fact(f.Kind, f.Answer, f.Asked) }),
        .. Grouped("colour", Colours),
        .. Listed("sound", Sounds),
        .. Listed("plural", Plurals),
        .. from x in Enumerable.Range(1, 10) from y in Enumerable.Range(1, 10) select new Fact("sum", $"{x} {y}", $"{x + y}"),
        .. from x in Enumerable.Range(2, 11) from y in Enumerable.Range(1, x - 1) select new Fact("difference", $"{x} {y}", $"{x - y}"),
        .. Series.SelectMany(s => Neighbours("after", s.Split(' '), s.EndsWith('~'))),
        .. Series.SelectMany(s => Neighbours("before", [.. s.Split(' ').Reverse()], s.EndsWith('~'))),
        .. Grouped("group", Groups),
        .. Listed("young", Young),
        .. Listed("capital", Capitals),
        .. Listed("use", Uses),
    ];

    const string Opposites = """
        hot:cold big:small up:down left:right open:closed fast:slow high:low old:new wet:dry hard:soft long:short
        light:dark full:empty good:bad happy:sad early:late first:last in:out on:off rich:poor strong:weak thick:thin
        clean:dirty loud:quiet near:far push:pull buy:sell win:lose start:stop love:hate yes:no true:false above:below
        always:never more:less same:different easy:difficult deep:shallow wide:narrow sweet:sour smooth:rough safe:dangerous
        asleep:awake alive:dead north:south east:west give:take come:go front:back top:bottom
        """;

    const string Colours = """
        blue:the_sky,the_sea,a_blueberry,a_bluebell green:grass,a_leaf,a_frog,a_cucumber,a_pea,lettuce,spinach
        white:snow,milk,salt,sugar,rice,chalk,cotton,a_swan,a_cloud,a_polar_bear red:a_tomato,blood,a_strawberry,a_cherry,a_fire_engine,a_brick
        yellow:a_banana,a_lemon,a_sunflower,corn,a_chick,honey,butter black:coal,a_crow,a_raven,tar orange:a_carrot,a_pumpkin,an_orange
        brown:chocolate,mud,coffee,wood,a_bear,a_chestnut grey:an_elephant,ash,a_mouse,a_rhino pink:a_pig,a_flamingo,a_rosy_cheek
        purple:a_plum,lavender,an_aubergine
        """;

    const string Sounds = """
        dog:woof cow:moo cat:meow sheep:baa duck:quack pig:oink horse:neigh lion:roar hen:cluck owl:hoot snake:hiss bee:buzz
        frog:croak wolf:howl mouse:squeak sparrow:tweet donkey:bray crow:caw goose:honk turkey:gobble bear:growl
        elephant:trumpet monkey:chatter dove:coo goat:bleat cricket:chirp chick:peep puppy:yap kitten:mew hyena:laugh
        """;

    const string Plurals = """
        cat:cats dog:dogs book:books tree:trees car:cars house:houses cup:cups bird:birds hand:hands stone:stones king:kings
        child:children man:men woman:women foot:feet tooth:teeth mouse:mice goose:geese sheep:sheep ox:oxen person:people
        leaf:leaves knife:knives wolf:wolves wife:wives life:lives half:halves loaf:loaves thief:thieves shelf:shelves
        baby:babies city:cities lady:ladies story:stories fly:flies pony:ponies berry:berries
        box:boxes fox:foxes bus:buses glass:glasses dish:dishes watch:watches bench:benches
        potato:potatoes tomato:tomatoes hero:heroes echo:echoes
        """;

    const string Groups = """
        animal:cow,dog,cat,horse,lion,goat bird:eagle,owl,robin,parrot,penguin,sparrow fish:salmon,shark,trout,herring,cod
        insect:ant,bee,wasp,beetle,moth fruit:apple,pear,plum,cherry,lemon,peach vegetable:carrot,onion,leek,cabbage,bean
        tool:hammer,saw,drill,spade,rake flower:rose,tulip,daisy,lily,violet tree:oak,pine,birch,elm,willow
        vehicle:car,bus,train,lorry,tram,bicycle furniture:chair,table,bed,desk,sofa instrument:drum,flute,piano,violin,guitar
        clothing:shirt,coat,hat,sock,shoe
        """;

    const string Young = """
        cow:calf horse:foal dog:puppy cat:kitten sheep:lamb pig:piglet hen:chick duck:duckling goose:gosling goat:kid bear:cub
        lion:cub fox:cub tiger:cub deer:fawn frog:tadpole swan:cygnet owl:owlet kangaroo:joey hare:leveret eagle:eaglet
        seal:pup bat:pup whale:calf elephant:calf butterfly:caterpillar spider:spiderling
        """;

    const string Capitals = """
        France:Paris Italy:Rome Spain:Madrid Germany:Berlin England:London Greece:Athens Norway:Oslo Sweden:Stockholm
        Finland:Helsinki Denmark:Copenhagen Poland:Warsaw Austria:Vienna Hungary:Budapest Portugal:Lisbon Ireland:Dublin
        Scotland:Edinburgh Russia:Moscow Japan:Tokyo China:Beijing Egypt:Cairo Cuba:Havana Peru:Lima Canada:Ottawa
        Kenya:Nairobi Turkey:Ankara Belgium:Brussels Iraq:Baghdad Chile:Santiago
        """;

    const string Uses = """
        knife:cut pen:write broom:sweep spade:dig needle:sew cup:drink bed:sleep chair:sit oven:bake towel:dry book:read ball:play
        key:unlock ladder:climb boat:sail car:drive plane:fly bicycle:ride pot:cook rope:pull ruler:measure phone:call axe:chop
        net:catch pencil:draw bag:carry fork:eat drum:beat match:light mop:clean
        """;

    static string[] Words(string table) => table.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    static IEnumerable<Fact> Listed(string kind, string table) =>
        from entry in Words(table)
        let parts = entry.Split(':')
        select new Fact(kind, parts[0], parts[1]);

    static IEnumerable<Fact> Grouped(string kind, string table) =>
        from entry in Words(table)
        let parts = entry.Split(':')
        from thing in parts[1].Split(',')
        select new Fact(kind, thing.Replace('_', ' '), parts[0]);

    static IEnumerable<Fact> Neighbours(string kind, string[] series, bool round)
    {
        var items = series.Where(s => s != "~").ToArray();
        for (int i = 0; i + (round ? 0 : 1) < items.Length; i++)
            yield return new Fact(kind, items[i], items[(i + 1) % items.Length]);
    }
}
