namespace PureLora;

/// <summary>A chat template that is not the model's own teaches it marks that it does not know, and whoever runs the model later uses its own. It stops the run.</summary>
static class TemplateDiffers
{
    public const string Name = "template-differs";

    /// <summary>The finding; null where the template is the model's own, or the model has none.</summary>
    public static Finding? Of(string modelFolder, ChatTemplate? own, ChatTemplate? used, string setting) =>
        own is null || used is null || own.Hash == used.Hash ? null
        : new Finding(Name, $"{modelFolder}: the model's chat template has the hash {own.Hash[..16]}, but chat_template is {Spelling.Quote(setting)} with {used.Hash[..16]} and a fine-tune needs the one that the model knows. Leave chat_template out, or let it pass with allow: [{Name}]; the adapter's folder then keeps the other one.");
}
