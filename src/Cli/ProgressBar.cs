using System.Diagnostics;

namespace PureLora;

/// <summary>
/// One line at the bottom of a terminal, <c>training loss 1.234 [#####-----]  50 % 0:12 left</c>, drawn over itself
/// with carriage returns alone, so that any terminal can show it. It never reaches the last column, where some wrap.
/// </summary>
sealed class ProgressBar(TextWriter output, int width, string title, long total)
{
    const int Cells = 24;

    static readonly TimeSpan pause = TimeSpan.FromMilliseconds(100);

    readonly Stopwatch clock = Stopwatch.StartNew();
    TimeSpan drawn = -pause;
    long done;
    string status = "";
    int shown;

    /// <summary>Moves the bar; it is drawn again when the last drawing is a moment ago, or at the end.</summary>
    public void Move(long done, string status)
    {
        (this.done, this.status) = (Math.Clamp(done, 0, total), status);
        if (clock.Elapsed - drawn >= pause || this.done == total)
            Draw();
    }

    /// <summary>A line of text in the bar's place, and the bar under it.</summary>
    public void Above(string text)
    {
        Clear();
        output.WriteLine(text);
        Draw();
    }

    /// <summary>Blanks the line, and the next text starts there.</summary>
    public void Clear()
    {
        if (shown > 0)
            output.Write($"\r{new string(' ', shown)}\r");
        output.Flush();
        shown = 0;
    }

    void Draw()
    {
        var filled = (int)(Cells * done / total);
        var left = done > 0 ? $" {clock.Elapsed * ((double)(total - done) / done):h\\:mm\\:ss} left" : "";
        var line = $"{title}{(status.Length > 0 ? " " + status : "")} [{new string('#', filled)}{new string('-', Cells - filled)}] {100 * done / total,3} %{left}";
        line = line[..Math.Min(line.Length, Math.Max(0, width - 1))];
        output.Write($"\r{line.PadRight(shown)}");
        output.Flush();
        (shown, drawn) = (line.Length, clock.Elapsed);
    }
}
