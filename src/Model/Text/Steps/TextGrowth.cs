namespace PureLora;

/// <summary>How many times longer the replacements of a file can make a text, all together: bounded when the file is read.</summary>
internal sealed class TextGrowth
{
    /// <summary>Replacements in use keep a text's length or double it.</summary>
    const double Most = 256;

    double factor = 1;

    /// <summary>A replacement of so many characters, or of matches of a pattern that may be empty, by a content.</summary>
    /// <exception cref="PureLoraException">With those before it, it makes a text too long.</exception>
    public void Add(JsonPlace place, int replaced, string content)
    {
        factor *= replaced == 0 ? 1 + content.Length : Math.Max(1, (double)content.Length / replaced);
        if (factor > Most) throw place.Wrong("a replacement that, with those before it, makes a text more than 256 times longer", "less");
    }
}
