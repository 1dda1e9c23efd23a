using System.Text.RegularExpressions;

namespace PureLora;

/// <summary>What to say of a path that is not the folder it should be: mostly it is one of the others.</summary>
static partial class WrongFolder
{
    /// <summary>A path that has no <c>config.json</c> in it.</summary>
    public static PureLoraException NoModel(string path)
    {
        const string needs = "but a model needs a folder with config.json, model.safetensors and tokenizer.json";
        if (File.Exists(path))
            return new($"{path}: it is a file, {needs}. Give the folder it is in.");
        if (PeftAdapter.IsIn(path))
            return new($"{path}: it holds an adapter, {needs}. Give the model that the adapter was trained on, and this folder as --adapter.");
        if (Directory.Exists(path))
            return new($"{Path.Combine(path, "config.json")}: the file is missing, but a model needs it. Download the whole model folder.");
        if (HubName().IsMatch(path))
            return new($"{path}: there is no such folder here, and names on the Hugging Face Hub are not downloaded, {needs}. {Download(path)}");
        return new($"{path}: the folder is missing, but a model needs one with config.json, model.safetensors and tokenizer.json. Check the path.");
    }

    /// <summary>A path that has no <c>adapter_config.json</c> in it.</summary>
    public static PureLoraException NoAdapter(string path)
    {
        const string needs = $"but an adapter needs a folder with {PeftConfig.FileName} and {PeftAdapter.WeightsFile}";
        if (File.Exists(path))
            return new($"{path}: it is a file, {needs}. Give the folder it is in.");
        if (File.Exists(Path.Combine(path, "config.json")))
            return new($"{path}: it holds a model, {needs}. Give the folder that 'purelora train' or PEFT wrote.");
        if (!Directory.Exists(path) && HubName().IsMatch(path))
            return new($"{path}: there is no such folder here, and names on the Hugging Face Hub are not downloaded, {needs}. {Download(path)}");
        return new(Directory.Exists(path)
            ? $"{Path.Combine(path, PeftConfig.FileName)}: the file is missing, but an adapter needs it. Give the folder that 'purelora train' or PEFT wrote."
            : $"{path}: the folder is missing, but an adapter needs one with {PeftConfig.FileName} and {PeftAdapter.WeightsFile}. Check the path.");
    }

    static string Download(string name) =>
        $"Download it first, with 'hf download {name} --local-dir {name.Split('/')[1]}' or 'git clone https://huggingface.co/{name}' (git-lfs installed), and give that folder.";

    /// <summary><c>owner/name</c>: one slash, and no part that could only be a path's.</summary>
    [GeneratedRegex(@"\A\w[\w.-]*/\w[\w.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}
