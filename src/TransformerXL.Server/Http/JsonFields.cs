using System.Globalization;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Server.Http;

/// <summary>
/// Reads the members of a JSON object from outside. A value of the wrong type or outside its range is an error that names the member, the value and
/// the rule; a member that is null counts as absent. <see cref="Unread"/> lists the members that were not read.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly List<JsonFields> _parts = [];
    private readonly string _path;

    public JsonFields(JsonElement element, string path = "")
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Invalid(path, $"{(path.Length == 0 ? "the body" : path)} is {Kind(element)}, but must be an object");
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            _members[Read(() => member.Name, path)] = member.Value;
        }
    }

    /// <summary>The full name of a member, such as <c>stream_options.include_usage</c>.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>The value of a member; null if it is absent or null.</summary>
    public JsonElement? Any(string name)
    {
        _read.Add(name);
        return _members.TryGetValue(name, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;
    }

    /// <summary>A text.</summary>
    public string? Text(string name, int max = int.MaxValue)
    {
        if (Any(name) is not { } value)
        {
            return null;
        }

        string text = TextOf(value, PathOf(name));
        return text.Length <= max ? text : throw ApiException.Invalid(PathOf(name), $"{PathOf(name)} has {text.Length} characters, but may have at most {max}");
    }

    /// <summary>A text that has to be there.</summary>
    public string RequiredText(string name, int max = int.MaxValue) => Text(name, max) ?? throw Missing(name);

    /// <summary>True or false.</summary>
    public bool? Flag(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw ApiException.Invalid(PathOf(name), $"{PathOf(name)} is {Kind(value)}, but must be true or false"),
    };

    /// <summary>A number.</summary>
    public double? Real(string name, double min, double max) => Any(name) is { } value ? RealOf(value, PathOf(name), min, max) : null;

    /// <summary>A whole number.</summary>
    public long? Whole(string name, long min, long max) => Any(name) is { } value ? WholeOf(value, PathOf(name), min, max) : null;

    /// <summary>The entries of an array with their names; null if it is absent.</summary>
    public IReadOnlyList<(JsonElement Value, string Path)>? Items(string name, int max) => Any(name) is { } value ? ItemsOf(value, PathOf(name), max) : null;

    /// <summary>An object; null if it is absent. What it holds beyond what is read counts as unread too.</summary>
    public JsonFields? Part(string name) => Any(name) is { } value ? Add(new JsonFields(value, PathOf(name))) : null;

    /// <summary>All members, where their names are data.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Members()
    {
        _read.UnionWith(_members.Keys);
        return _members.Select(member => (member.Key, member.Value));
    }

    /// <summary>An object at any place within this one, whose unread members count too.</summary>
    public JsonFields Add(JsonFields part)
    {
        _parts.Add(part);
        return part;
    }

    /// <summary>The error of a member that has to be there.</summary>
    public ApiException Missing(string name) => ApiException.Invalid(PathOf(name), $"{PathOf(name)} is missing");

    /// <summary>The names of members that were not asked for.</summary>
    public IEnumerable<string> Unread() =>
        _members.Keys.Where(name => !_read.Contains(name)).Select(PathOf).Concat(_parts.SelectMany(part => part.Unread()));

    public static string TextOf(JsonElement value, string path) => value.ValueKind == JsonValueKind.String
        ? Read(() => value.GetString()!, path)
        : throw ApiException.Invalid(path, $"{path} is {Kind(value)}, but must be a string");

    public static double RealOf(JsonElement value, string path, double min, double max)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw ApiException.Invalid(path, $"{path} is {Kind(value)}, but must be a number");
        }

        bool fits = value.TryGetDouble(out double number) && double.IsFinite(number) && number >= min && number <= max;
        return fits ? number : throw ApiException.Invalid(path, $"{path} is {InputText.Show(value.GetRawText())}, but must be from {Text(min)} to {Text(max)}");
    }

    public static long WholeOf(JsonElement value, string path, long min, long max)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw ApiException.Invalid(path, $"{path} is {Kind(value)}, but must be a whole number");
        }

        // Some clients write 16.0.
        bool whole = value.TryGetInt64(out long number)
            || (value.TryGetDouble(out double real) && Math.Abs(real) < 1L << 53 && real == Math.Floor(real) && (number = (long)real) == real);
        return whole && number >= min && number <= max
            ? number
            : throw ApiException.Invalid(path, $"{path} is {InputText.Show(value.GetRawText())}, but must be a whole number from {min} to {max}");
    }

    public static IReadOnlyList<(JsonElement Value, string Path)> ItemsOf(JsonElement value, string path, int max)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw ApiException.Invalid(path, $"{path} is {Kind(value)}, but must be an array");
        }

        int count = value.GetArrayLength();
        if (count > max)
        {
            throw ApiException.Invalid(path, $"{path} has {count} entries, but may have at most {max}");
        }

        return [.. value.EnumerateArray().Select((item, i) => (item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]")))];
    }

    /// <summary>What a value is, in the words of JSON.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Half of a surrogate pair, which JSON can escape, is no text.</summary>
    private static string Read(Func<string> text, string path)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid(path, $"{(path.Length == 0 ? "the body" : path)} holds half of a surrogate pair, which is no character");
        }
    }
}
