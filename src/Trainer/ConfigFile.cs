using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PureLora;

/// <summary>
/// Reads and writes a <see cref="TrainConfig"/> as YAML: one flat mapping, one key a line. Paths in it are relative to
/// the current directory, as in Transformers, not to the file.
/// </summary>
public static class ConfigFile
{
    const int MostBytes = 1 << 20;

    /// <summary>The defaults with the settings of the file over them. Nothing is validated beyond each value's own range.</summary>
    /// <exception cref="PureLoraException">The file cannot be read.</exception>
    /// <exception cref="UsageException">It says something it cannot; the message has file and line.</exception>
    public static TrainConfig Read(string path)
    {
        string text;
        try
        {
            using var stream = File.OpenRead(path);
            // Bounded by reading, not by the length: a pipe has none.
            var bytes = new byte[MostBytes + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MostBytes)
                throw new PureLoraException($"{path}: the file is larger than {MostBytes} bytes, but a configuration needs "
                    + "less than a page. Check that --config names the YAML file.");
            using var reader = new StreamReader(new MemoryStream(bytes, 0, length), new UTF8Encoding(false, throwOnInvalidBytes: true));
            text = reader.ReadToEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new PureLoraException($"{path}: the file is not UTF-8 text, but a configuration needs that. "
                + "Save it as UTF-8.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PureLoraException($"{path}: the configuration file is missing, but --config needs it. "
                + "Check the path; it is relative to the current directory.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PureLoraException($"{path}: the configuration file cannot be read ({e.Message}). Check the path and its permissions.", e);
        }
        return Parse(text, path);
    }

    /// <summary>The same from text; <paramref name="name"/> is what errors call it.</summary>
    public static TrainConfig Parse(string yaml, string name)
    {
        var reader = new ConfigYaml(yaml, name);
        try
        {
            return ConfigKey.With(new TrainConfig(), reader.Settings(ConfigKey.Of<TrainConfig>()));
        }
        // Beside its own exception, the library meets some hostile texts with these.
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            var line = e is YamlException yamlError ? yamlError.End.Line : reader.Line;
            throw new UsageException($"{name}, line {line}: the text is not YAML ({Spelling.Quote(e.Message)[1..^1]}), but a "
                + "configuration needs lines of `key: value`. Check indentation, quotes and brackets there.");
        }
    }

    /// <summary>Every setting, in order, as YAML that <see cref="Parse"/> reads back as an equal record.</summary>
    public static string ToYaml(this TrainConfig config)
    {
        var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, EmitterSettings.Default.WithBestWidth(int.MaxValue));
        void Scalar(string value, ScalarStyle style) =>
            emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, value, style, style == ScalarStyle.Plain, true));

        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, MappingStyle.Block));
        foreach (var key in ConfigKey.Of<TrainConfig>())
        {
            var value = key.Get(config);
            if (value is null || (value is "" && key.Default is ""))
                continue;
            Scalar(key.Key, ScalarStyle.Plain);
            if (value is TargetSpec { Pattern: null } names)
            {
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Flow));
                foreach (var module in names.Names)
                    Scalar(module, ScalarStyle.DoubleQuoted);
                emitter.Emit(new SequenceEnd());
            }
            else
                Scalar(ConfigValue.Format(value), value is string or TargetSpec ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain);
        }
        emitter.Emit(new MappingEnd());
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }
}
