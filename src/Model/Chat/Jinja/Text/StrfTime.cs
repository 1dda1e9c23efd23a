using System.Globalization;
using System.Text;

namespace PureLora.Jinja;

/// <summary><c>strftime</c> in the C locale, with GNU's flags (<c>%-d</c>), for a time without a zone.</summary>
internal static class StrfTime
{
    public static string Format(DateTime time, string format)
    {
        var text = new StringBuilder();
        for (int at = 0; at < format.Length; at++)
        {
            int start = at;
            if (format[at] != '%' || at + 1 == format.Length)
            {
                text.Append(format[at]);
                continue;
            }
            char flag = '\0';
            while (++at < format.Length && format[at] is '-' or '_' or '0' or '^' or '#') flag = format[at];
            if (at == format.Length) return text.Append(format[start..]).ToString();
            if (Directive(time, format[at]) is not { } part) text.Append(format[start..(at + 1)]);
            else text.Append(Flagged(part, flag));
        }
        return text.ToString();
    }

    /// <summary>What one letter means, numbers with how many digits they have and what fills them; null where it means nothing.</summary>
    static (string Text, int Width, char Fill)? Directive(DateTime t, char letter)
    {
        var c = CultureInfo.InvariantCulture;
        return letter switch
        {
            'a' => Words(t.ToString("ddd", c)),
            'A' => Words(t.ToString("dddd", c)),
            'b' or 'h' => Words(t.ToString("MMM", c)),
            'B' => Words(t.ToString("MMMM", c)),
            'c' => Words($"{t.ToString("ddd MMM", c)} {t.Day,2} {t.ToString("HH:mm:ss yyyy", c)}"),
            'C' => Number(t.Year / 100, 2),
            'd' => Number(t.Day, 2),
            'D' or 'x' => Words(t.ToString("MM'/'dd'/'yy", c)),
            'e' => Number(t.Day, 2, ' '),
            'f' => Words((t.Ticks % TimeSpan.TicksPerSecond / 10).ToString("000000", c)),
            'F' => Words(t.ToString("yyyy-MM-dd", c)),
            'g' => Number(ISOWeek.GetYear(t) % 100, 2),
            'G' => Number(ISOWeek.GetYear(t), 4),
            'H' => Number(t.Hour, 2),
            'I' => Number((t.Hour + 11) % 12 + 1, 2),
            'j' => Number(t.DayOfYear, 3),
            'k' => Number(t.Hour, 2, ' '),
            'l' => Number((t.Hour + 11) % 12 + 1, 2, ' '),
            'm' => Number(t.Month, 2),
            'M' => Number(t.Minute, 2),
            'n' => Words("\n"),
            'p' => Words(t.Hour < 12 ? "AM" : "PM"),
            'P' => Words(t.Hour < 12 ? "am" : "pm"),
            'r' => Words(t.ToString("hh:mm:ss tt", c)),
            'R' => Words(t.ToString("HH:mm", c)),
            's' => Number((long)(t - DateTime.UnixEpoch).TotalSeconds, 1),
            'S' => Number(t.Second, 2),
            't' => Words("\t"),
            'T' or 'X' => Words(t.ToString("HH:mm:ss", c)),
            'u' => Number(((int)t.DayOfWeek + 6) % 7 + 1, 1),
            'U' => Number((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7, 2),
            'V' => Number(ISOWeek.GetWeekOfYear(t), 2),
            'w' => Number((int)t.DayOfWeek, 1),
            'W' => Number((t.DayOfYear + 6 - ((int)t.DayOfWeek + 6) % 7) / 7, 2),
            'y' => Number(t.Year % 100, 2),
            'Y' => Number(t.Year, 1),
            'z' or 'Z' => Words(""),
            '%' => Words("%"),
            _ => null,
        };

        static (string, int, char)? Words(string text) => (text, 0, ' ');
        static (string, int, char)? Number(long number, int width, char fill = '0') => (number.ToString(CultureInfo.InvariantCulture), width, fill);
    }

    static string Flagged((string Text, int Width, char Fill) part, char flag) => flag switch
    {
        '-' => part.Text,
        '_' => part.Text.PadLeft(part.Width, ' '),
        '0' => part.Text.PadLeft(part.Width, '0'),
        '^' => part.Text.ToUpperInvariant().PadLeft(part.Width, part.Fill),
        '#' => (part.Text is "AM" or "PM" ? part.Text.ToLowerInvariant() : part.Text.ToUpperInvariant()).PadLeft(part.Width, part.Fill),
        _ => part.Text.PadLeft(part.Width, part.Fill),
    };
}
