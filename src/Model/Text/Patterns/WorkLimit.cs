namespace PureLora;

/// <summary>
/// How many steps one text may cost: 64 for each of its characters and a million. A tokenizer file is somebody else's
/// program, and this bounds it by a count that is the same on every machine.
/// </summary>
internal sealed class WorkLimit(int textLength)
{
    long left = 1_000_000 + 64L * textLength;

    /// <exception cref="PureLoraException">The text has cost too much.</exception>
    public void Spend(long steps, string what)
    {
        left -= steps;
        if (left < 0)
            throw new PureLoraException($"tokenizer: {what} is above a million and 64 steps for each of the text's {textLength} characters, but a tokenizer in use needs less than a tenth of that. Use a model with another tokenizer.");
    }
}
