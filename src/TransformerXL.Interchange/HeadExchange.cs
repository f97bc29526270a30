using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Interchange;

/// <summary>
/// Heads under Hugging Face's names: <c>score</c> for labels and numbers of texts, <c>classifier</c> for labels of words, <c>qa_outputs</c> for spans; in
/// <c>config.json</c> the labels as <c>id2label</c> and <c>label2id</c>, and what that format has no member for in <c>head</c>.
/// </summary>
internal static class HeadExchange
{
    private const string OfText = "score.", Own = "classifier.", OfSpans = "qa_outputs.", Section = "head", Labels = "id2label", Ids = "label2id", Problem = "problem_type";
    private const long MaxBytes = 16 << 20;

    /// <summary>The name of a parameter of a head in the files of other programs.</summary>
    public static string NameOf(HeadConfiguration head, string name) => head.IsOfText && name.StartsWith(Own, StringComparison.Ordinal) ? OfText + name[Own.Length..] : name;

    /// <summary>The tensors of a head; none for a language model.</summary>
    public static IEnumerable<SafetensorsItem> Items(TaskHead? head) =>
        head is null ? [] : head.Parameters.Select(parameter => ModelWeights.Item(NameOf(head.Configuration, parameter.Name), parameter.Value));

    /// <summary>Adds the members about a head to a configuration that was written.</summary>
    /// <param name="path">The configuration.</param>
    /// <param name="head">The head.</param>
    /// <param name="prefix">What the names of the classes begin with.</param>
    /// <param name="spans">What the name of the class for spans ends with.</param>
    public static void AddTo(string path, HeadConfiguration head, string prefix = "TransfoXL", string spans = "ForQuestionAnswering")
    {
        JsonObject json = JsonFile.Read(path, MaxBytes);
        if (json.ContainsKey("architectures"))
        {
            json["architectures"] = new JsonArray(head.Kind switch
            {
                HeadKind.Tags => prefix + "ForTokenClassification",
                HeadKind.Spans => prefix + spans,
                _ => prefix + "ForSequenceClassification",
            });
        }

        if (head.IsOfText)
        {
            json[Problem] = ProblemOf(head.Kind);
        }

        // Hugging Face's classes have as many outputs as there are labels; the ends of a span are the two that there are without the members.
        if (head.Kind != HeadKind.Spans)
        {
            IReadOnlyList<string> labels = head.Kind == HeadKind.Number ? ["LABEL_0"] : head.Labels;
            json[Labels] = new JsonObject(labels.Select((label, id) => KeyValuePair.Create($"{id}", (JsonNode?)label)));
            json[Ids] = new JsonObject(labels.Select((label, id) => KeyValuePair.Create(label, (JsonNode?)id)));
        }

        json[Section] = JsonSerializer.SerializeToNode(head, ModelFolderJson.Default.HeadConfiguration);
        AtomicFile.Write(path, stream =>
        {
            using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
            json.WriteTo(writer);
        });
    }

    /// <summary>The head by stored tensors and their configuration; null for a language model.</summary>
    /// <param name="path">The configuration; null if there is none.</param>
    /// <param name="stored">The tensors.</param>
    /// <exception cref="InputException">The configuration is damaged, or contradicts the tensors.</exception>
    public static HeadConfiguration? Find(string? path, StoredModel stored)
    {
        string? weight = ((string[])[OfText, Own, OfSpans]).Select(prefix => prefix + "weight").FirstOrDefault(stored.Has);
        if (weight is null)
        {
            return null;
        }

        return Read(path, json => FromMembers(json, weight, stored.Shape(weight, 2)[0]));
    }

    /// <summary>The head that a configuration describes: in its section <c>head</c>, or in the members of Hugging Face's library.</summary>
    /// <param name="path">The configuration; null if there is none.</param>
    /// <param name="fromMembers">The head by the members of Hugging Face's library.</param>
    /// <exception cref="InputException">The configuration is damaged.</exception>
    public static HeadConfiguration Read(string? path, Func<JsonObject, HeadConfiguration> fromMembers)
    {
        try
        {
            JsonObject json = path is null ? [] : JsonFile.Read(path, MaxBytes);
            if (json[Section] is not { } section)
            {
                return ByMembers(path, () =>
                {
                    HeadConfiguration found = fromMembers(json);
                    found.Validate();
                    return found;
                });
            }

            string name = $"{path}: {Section}";
            Require.That(section is JsonObject, $"{name} is {JsonMemberType.Describe(section)}, but must be an object");
            HeadConfiguration head = JsonRecord.Read(name, section.AsObject(), ModelFolderJson.Default.HeadConfiguration, ModelFolderFiles.DefaultsOf);
            JsonRecord.Validate(name, head.Validate);
            return json[Labels] is JsonObject { Count: > 0 } ? ByMembers(path, () => Agreeing(head, fromMembers(json))) : head;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"'{path}' does not describe the head of the model: {InputText.Show(fault.Message)}", fault);
        }
    }

    /// <summary>Names the file of a member that cannot be used.</summary>
    private static HeadConfiguration ByMembers(string? path, Func<HeadConfiguration> read)
    {
        try
        {
            return read();
        }
        catch (InputException exception) when (path is not null)
        {
            throw new InputException($"'{path}': {exception.Message}", exception) { Remedies = exception.Remedies };
        }
    }

    /// <summary>The head of the section, with the labels of the members: another program keeps the section as it is and writes its own members.</summary>
    private static HeadConfiguration Agreeing(HeadConfiguration head, HeadConfiguration members)
    {
        HeadConfiguration agreeing = head.Kind == members.Kind ? head with { Labels = members.Labels } : members;
        agreeing.Validate();
        return agreeing;
    }

    /// <summary>Creates a head from stored tensors; a bias that is not stored is zero.</summary>
    /// <exception cref="InputException">A tensor is missing, or of another shape.</exception>
    public static TaskHead Load(StoredModel stored, HeadConfiguration configuration, int size)
    {
        TaskHead head = new(configuration, size);
        foreach (Parameter parameter in head.Parameters)
        {
            string name = NameOf(configuration, parameter.Name);
            if (stored.TryFind(name) is null && parameter.Role.Kind == ParameterKind.Bias && name.EndsWith(".bias", StringComparison.Ordinal))
            {
                parameter.Value.Span.Clear();
                continue;
            }

            StoredTensor tensor = stored.Find(name);
            ModelWeights.Read(tensor.File, tensor.Entry.Name, parameter.Value);
        }

        GC.KeepAlive(head);
        return head;
    }

    /// <summary>The head of a file of Hugging Face, whose classes read the last token of a text, and the first piece of a word.</summary>
    private static HeadConfiguration FromMembers(JsonObject json, string weight, int rows)
    {
        if (weight.StartsWith(OfSpans, StringComparison.Ordinal))
        {
            return new HeadConfiguration { Kind = HeadKind.Spans };
        }

        if (weight.StartsWith(Own, StringComparison.Ordinal))
        {
            return OfWords(json, rows);
        }

        string[] labels = LabelsOf(json, rows);
        HeadKind kind = KindOf(json, rows);
        return new HeadConfiguration { Kind = kind, Labels = kind == HeadKind.Number ? [] : labels, Pooling = HeadPooling.Last };
    }

    /// <summary>A head for the labels of words, each at the first piece of its word.</summary>
    public static HeadConfiguration OfWords(JsonObject json, int rows)
    {
        string[] labels = LabelsOf(json, rows);
        return new HeadConfiguration { Kind = HeadKind.Tags, Labels = labels, Alignment = PieceAlignment.FirstPiece, Scheme = TagSchemes.Detect(labels) };
    }

    /// <summary>What is predicted about a text, by the member <c>problem_type</c>; without it a head of one row predicts a number.</summary>
    public static HeadKind KindOf(JsonObject json, int rows) => TextOf(json[Problem]) switch
    {
        "multi_label_classification" => HeadKind.SeveralLabels,
        "single_label_classification" => HeadKind.OneLabel,
        "regression" => HeadKind.Number,
        null => rows == 1 ? HeadKind.Number : HeadKind.OneLabel,
        _ => throw new InputException($"'{Problem}' is {InputText.Show(json[Problem]!.ToJsonString())}, but must be single_label_classification, multi_label_classification or regression"),
    };

    /// <summary>The labels of a head with a number of rows, by the member <c>id2label</c>.</summary>
    public static string[] LabelsOf(JsonObject json, int rows)
    {
        Require.That(rows <= HeadConfiguration.MaxLabels, $"the head has {rows} labels, but may have at most {HeadConfiguration.MaxLabels}");
        string[] labels = [.. Enumerable.Range(0, rows).Select(id => $"LABEL_{id}")];
        if (json[Labels] is not { } member)
        {
            return labels;
        }

        JsonObject names = member as JsonObject ?? throw new InputException($"'{Labels}' is {JsonMemberType.Describe(member)}, but must be an object of the labels by their ids");
        Require.That(names.Count == rows, $"'{Labels}' names {Counted.Of(names.Count, "label")}, but the tensors have {rows}");
        foreach ((string id, JsonNode? name) in names)
        {
            bool isKnown = int.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int index) && index < rows;
            Require.That(isKnown, $"'{Labels}' has a member '{InputText.Show(id)}', but ids are from 0 to {rows - 1}");
            labels[index] = TextOf(name) is { Length: > 0 } label ? label : throw new InputException($"'{Labels}' gives '{id}' the label {InputText.Show(name?.ToJsonString() ?? "null")}, but a label is a text that is not empty");
        }

        string? twice = labels.GroupBy(label => label).FirstOrDefault(group => group.Skip(1).Any())?.Key;
        Require.That(twice is null, $"'{Labels}' has the label '{InputText.Show(twice)}' twice");
        RequireInverse(json, labels);

        return labels;
    }

    /// <summary>Refuses a <c>label2id</c> that contradicts <c>id2label</c>: one of the two would give the labels of other rows.</summary>
    private static void RequireInverse(JsonObject json, string[] labels)
    {
        foreach ((string label, JsonNode? id) in json[Ids] as JsonObject ?? [])
        {
            int index = Array.IndexOf(labels, label);
            Require.That(
                index < 0 || (id is JsonValue value && value.TryGetValue(out int own) && own == index),
                $"'{Ids}' gives '{InputText.Show(label)}' the id {InputText.Show(id?.ToJsonString() ?? "null")}, but '{Labels}' gives it {index}");
        }
    }

    /// <summary>The text of a node; null for none, and "" for a node of another kind.</summary>
    private static string? TextOf(JsonNode? node) => node is null ? null : node is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static string ProblemOf(HeadKind kind) => kind switch
    {
        HeadKind.SeveralLabels => "multi_label_classification",
        HeadKind.Number => "regression",
        _ => "single_label_classification",
    };
}
