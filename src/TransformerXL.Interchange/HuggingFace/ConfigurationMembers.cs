using System.Globalization;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Interchange.HuggingFace;

/// <summary>Members of a <c>config.json</c> of Hugging Face's library; a member that is null counts as missing. Values of another kind are refused by the name of the member.</summary>
internal static class ConfigurationMembers
{
    /// <summary>The class that saved the model: the first of <c>architectures</c>.</summary>
    public static string? ClassOf(JsonElement root) =>
        root.TryGetProperty("architectures", out JsonElement classes) && classes.ValueKind == JsonValueKind.Array && classes.GetArrayLength() > 0 && classes[0].ValueKind == JsonValueKind.String ? classes[0].GetString() : null;

    /// <summary>Refuses any other value of a member.</summary>
    public static void RequireValue(JsonElement root, string name, string wanted)
    {
        string found = TextOf(root, name) ?? wanted;
        Require.That(found == wanted, $"'{name}' is '{InputText.Show(found)}', which is not supported; '{wanted}' is");
    }

    public static string? TextOf(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        var value => throw new InputException($"'{name}' is {InputText.Show(value.Value.GetRawText())}, not a text"),
    };

    /// <summary>A number from 0 on.</summary>
    public static int? Whole(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int number) && number >= 0 => number,
        var value => throw new InputException($"'{name}' is {InputText.Show(value.Value.GetRawText())}, not a whole number from 0 on of 32 bits"),
    };

    /// <summary>A number from 0 on; 0 for -1, which means no limit.</summary>
    public static int? Limit(JsonElement root, string name) =>
        Member(root, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) && number == -1 ? 0 : Whole(root, name);

    public static double? Number(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && double.IsFinite(number) => number,
        var value => throw new InputException(string.Create(CultureInfo.InvariantCulture, $"'{name}' is {InputText.Show(value.Value.GetRawText())}, not a finite number")),
    };

    public static bool? Flag(JsonElement root, string name) => Member(root, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        var value => throw new InputException($"'{name}' is {InputText.Show(value.Value.GetRawText())}, neither true nor false"),
    };

    private static JsonElement? Member(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
