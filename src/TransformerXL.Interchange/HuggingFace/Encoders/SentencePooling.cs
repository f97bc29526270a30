using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Inference;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>
/// The pooling of a sentence encoder: <c>modules.json</c>, a list of modules with a type and a folder, and <c>config.json</c> in the folder of the pooling, such as <c>1_Pooling</c>.
/// </summary>
internal static class SentencePooling
{
    /// <summary>The name of the list of modules.</summary>
    public const string Modules = "modules.json";

    /// <summary>The usual name of the folder of the pooling.</summary>
    public const string Folder = "1_Pooling";

    /// <summary>The end of the name of the folder with the model in older sentence encoders, such as <c>0_Transformer</c>.</summary>
    private const string OwnFolder = "_Transformer";

    private const string Mode = "pooling_mode_", Dimension = "word_embedding_dimension";
    private const int MaxModules = 16;

    private static readonly (string Name, EmbeddingPooling Pooling)[] s_modes = [("cls_token", EmbeddingPooling.First), ("mean_tokens", EmbeddingPooling.Mean), ("lasttoken", EmbeddingPooling.Last)];

    /// <summary>The folder with the files of the model: a folder of its own, such as <c>0_Transformer</c>, where the modules say so, as older sentence encoders do.</summary>
    /// <exception cref="InputException">The list of modules is damaged, or has one that is not supported.</exception>
    public static string ModelFolderOf(string from)
    {
        string path = Path.Combine(from, Modules);
        return File.Exists(path) && Read(path, ReadModules).Model is { Length: > 0 } model ? Path.Combine(from, model) : from;
    }

    /// <summary>The pooling of the model in a folder; null where there is none.</summary>
    /// <param name="folder">The folder of the model.</param>
    /// <param name="size">The length of its hidden states.</param>
    /// <exception cref="InputException">A file is damaged, of a model of another size, or asks for something that is not supported.</exception>
    public static EmbeddingConfiguration? Find(string folder, int size)
    {
        // The list of modules is beside a folder that has only the model.
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string own = whole.EndsWith(OwnFolder, StringComparison.Ordinal) && !File.Exists(Path.Combine(folder, Modules)) ? Path.GetFileName(whole) : "";
        folder = own.Length > 0 ? Path.GetDirectoryName(whole) ?? folder : folder;
        string path = Path.Combine(folder, Modules);
        if (!File.Exists(path))
        {
            return null;
        }

        (string? model, string? pooling, bool normalizes) = Read(path, ReadModules);
        return pooling is null || (own.Length > 0 && model != own) ? null : Read(Path.Combine(folder, pooling, ModelFiles.Configuration), root => new EmbeddingConfiguration { Pooling = ReadMode(root, size), Normalizes = normalizes });
    }

    /// <summary>Writes the files of a sentence encoder beside those of the model.</summary>
    public static void Write(string folder, EmbeddingConfiguration embedding, int size)
    {
        List<(string Path, string Type)> modules = [("", "Transformer"), (Folder, "Pooling")];
        if (embedding.Normalizes)
        {
            modules.Add(("2_Normalize", "Normalize"));
        }

        AtomicFile.Write(Path.Combine(folder, Modules), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartArray();
            for (int i = 0; i < modules.Count; i++)
            {
                json.WriteStartObject();
                json.WriteNumber("idx", i);
                json.WriteString("name", $"{i}");
                json.WriteString("path", modules[i].Path);
                json.WriteString("type", "sentence_transformers.models." + modules[i].Type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        Directory.CreateDirectory(Path.Combine(folder, Folder));
        AtomicFile.Write(Path.Combine(folder, Folder, ModelFiles.Configuration), stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteNumber(Dimension, size);
            foreach ((string name, EmbeddingPooling pooling) in s_modes)
            {
                json.WriteBoolean(Mode + name, pooling == embedding.Pooling);
            }

            json.WriteEndObject();
        });
    }

    private static (string? Model, string? Pooling, bool Normalizes) ReadModules(JsonElement root)
    {
        Require.That(root.ValueKind == JsonValueKind.Array && root.GetArrayLength() <= MaxModules, $"it is not a list of at most {MaxModules} modules");
        string? model = null, pooling = null;
        bool normalizes = false;
        foreach (JsonElement module in root.EnumerateArray())
        {
            string type = Text(module, "type"), path = Text(module, "path");
            string name = type[(type.LastIndexOf('.') + 1)..];
            Require.That(name is "Transformer" or "Pooling" or "Normalize", $"the module of type '{InputText.Show(type)}' is not supported; Transformer, Pooling and Normalize are");
            Require.That(path is not (".." or ".") && !path.AsSpan().ContainsAny('/', '\\', '\0'), $"the path '{InputText.Show(path)}' is not the name of a folder");
            Require.That(name != "Pooling" || !normalizes, "the module Normalize comes before Pooling; vectors can only be normalised after the pooling");
            model = name == "Transformer" ? path : model;
            pooling = name == "Pooling" ? path : pooling;
            normalizes |= name == "Normalize";
        }

        return (model, pooling, normalizes);
    }

    private static EmbeddingPooling ReadMode(JsonElement root, int size)
    {
        if (ModelDescriptionJson.RequireObject(root).TryGetProperty(Dimension, out JsonElement dimension))
        {
            Require.That(dimension.ValueKind == JsonValueKind.Number && dimension.TryGetInt32(out int length) && length == size, $"{Dimension} is {InputText.Show(dimension.GetRawText())}, but the model's hidden states have {size} values");
        }

        string[] modes = [.. ModelDescriptionJson.RequireObject(root).EnumerateObject().Where(member => member.Name.StartsWith(Mode, StringComparison.Ordinal) && member.Value.ValueKind == JsonValueKind.True).Select(member => member.Name[Mode.Length..])];
        Require.That(modes.Length == 1, $"{modes.Length} modes of pooling are on; one is supported");
        (string? name, EmbeddingPooling pooling) = s_modes.FirstOrDefault(mode => mode.Name == modes[0]);
        return name is not null ? pooling : throw new InputException($"the pooling '{Mode}{InputText.Show(modes[0])}' is not supported; {string.Join(", ", s_modes.Select(mode => mode.Name))} are");
    }

    private static string Text(JsonElement module, string name) =>
        module.ValueKind == JsonValueKind.Object && module.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new InputException($"a module lacks the text '{name}'");

    private static T Read<T>(string path, Func<JsonElement, T> parse) => ModelDescriptionJson.Read(path, "does not describe the pooling of a sentence encoder", parse);
}
