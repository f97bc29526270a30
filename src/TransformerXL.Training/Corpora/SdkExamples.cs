using System.Text;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Training.Corpora;

/// <summary>
/// Labelled examples that every machine with the .NET SDK has, from the XML documentation of its reference assemblies. A tenth of
/// the types is for validation and a tenth for testing, so that the splits share no type; sentences that differ only in names are used once. Validation and test are at most 500 descriptions, or the
/// questions about 40 texts.
/// </summary>
internal sealed class SdkExamples
{
    private const string Mask = "_";
    private const int Parts = 10, MaxMembers = 6, MinMembers = 3;

    /// <summary>Maximum number of validation and of test texts: enough to distinguish models, and measured in seconds.</summary>
    private const int MaxHeldOut = 500, MaxHeldOutContexts = 40;

    private static readonly string[] Names = ["train", "valid", "test"];
    private readonly SdkDocumentation _documentation;

    /// <summary>Creates the examples of a documentation.</summary>
    public SdkExamples(SdkDocumentation documentation)
    {
        ArgumentNullException.ThrowIfNull(documentation);
        _documentation = documentation;
    }

    /// <summary>
    /// Writes <c>train.jsonl</c>, <c>valid.jsonl</c> and <c>test.jsonl</c>: descriptions of members with all names masked, and the kind of member as label: type,
    /// constructor, method, property, field or event.
    /// </summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <exception cref="InputException">The documentation or the folder cannot be used.</exception>
    public void WriteClassification(string folder)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Write(folder, ".jsonl", type => type.Select(member => Description(member, seen)).OfType<MarkedText>().Select(described => Json(json =>
        {
            json.WriteString("text", Masked(described));
            json.WriteString("label", KindOf(described.Member.Id));
        })));
    }

    /// <summary>
    /// Writes <c>train.conll</c>, <c>valid.conll</c> and <c>test.conll</c>: the words of descriptions, with the tags of the names that they refer to,
    /// IOB2 with the types TYPE and MEMBER. Descriptions without a name are left out.
    /// </summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <exception cref="InputException">The documentation or the folder cannot be used.</exception>
    public void WriteLabels(string folder)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Write(folder, ".conll", type => type.Select(member => Description(member, seen)).OfType<MarkedText>().Where(text => text.Names.Count > 0).Select(Columns));
    }

    /// <summary>
    /// Writes <c>train.json</c>, <c>valid.json</c> and <c>test.json</c> in SQuAD's format: names of members of a type with their descriptions, and questions what a member
    /// is; the answer is its description.
    /// </summary>
    /// <param name="folder">The folder; it is created if it does not exist.</param>
    /// <exception cref="InputException">The documentation or the folder cannot be used.</exception>
    public void WriteQuestions(string folder)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        int paragraphs = 0;
        Write(
            folder,
            ".json",
            type => type.Select(member => Description(member, seen)).OfType<MarkedText>().DistinctBy(text => NameOf(text.Member.Id)).Chunk(MaxMembers)
                .Where(members => members.Length >= MinMembers).Select(members => Paragraph(members, paragraphs++)),
            MaxHeldOutContexts,
            """{"version":"1.1","data":[{"title":"SDK","paragraphs":[""",
            ",",
            "]}]}");
    }

    /// <summary>The kind of member.</summary>
    private static string KindOf(string id) => id[0] switch
    {
        'T' => "type",
        'P' => "property",
        'F' => "field",
        'E' => "event",
        _ => id.Contains("#ctor", StringComparison.Ordinal) ? "constructor" : "method",
    };

    private static string NameOf(string id)
    {
        string name = MemberName.Short(id);
        return name[(name.LastIndexOf('.') + 1)..];
    }

    /// <summary>The description of a member, if it is prose and not a repetition with other names.</summary>
    private static MarkedText? Description(DocumentedMember member, HashSet<string> seen)
    {
        (string text, List<MarkedName> names) = ReferenceMarks.Read(DocumentationProse.PlainCharacters(member.Summary));
        return !MemberName.IsObscure(member.Id) && DocumentationProse.IsProse(text) && seen.Add(DocumentationProse.KeyOf(text))
            ? new MarkedText(member, text, names)
            : null;
    }

    /// <summary>The text with a mask for each name: references, and words that look like names.</summary>
    private static string Masked(MarkedText described)
    {
        StringBuilder text = new(described.Text);
        foreach (MarkedName name in described.Names.AsEnumerable().Reverse())
        {
            text.Remove(name.Start, name.End - name.Start).Insert(name.Start, Mask);
        }

        string own = NameOf(described.Member.Id);
        return string.Join(' ', text.ToString().Split(' ').Select((word, i) => IsName(word, own, first: i == 0) ? Mask : word));
    }

    /// <summary>Words with a capital letter or a code character inside are names.</summary>
    private static bool IsName(string word, string own, bool first) =>
        word.AsSpan().Trim(".,;:()'\"").SequenceEqual(own)
        || word.AsSpan(Math.Min(1, word.Length)).ContainsAnyInRange('A', 'Z')
        || (!first && word.Length > 1 && char.IsAsciiLetterUpper(word[0]))
        || word.AsSpan().ContainsAny('<', '_', '[');

    /// <summary>A sentence of CoNLL: words are split at spaces, at punctuation and at the ends of names.</summary>
    private static string Columns(MarkedText described)
    {
        StringBuilder lines = new();
        for (int i = 0; i < described.Text.Length;)
        {
            MarkedName? name = described.Names.Where(each => each.Start <= i && i < each.End).Select(each => (MarkedName?)each).FirstOrDefault();
            int end = i + 1;
            while (end < (name?.End ?? described.Text.Length) && IsOfWord(described.Text[i]) && IsOfWord(described.Text[end]) && (name is not null || described.Names.TrueForAll(each => each.Start != end)))
            {
                end++;
            }

            if (described.Text[i] != ' ')
            {
                string tag = name is not { } found ? "O" : $"{(i == found.Start ? 'B' : 'I')}-{(found.IsType ? "TYPE" : "MEMBER")}";
                lines.Append(described.Text, i, end - i).Append('\t').Append(tag).Append('\n');
            }

            i = end;
        }

        return lines.Append('\n').ToString();
    }

    private static bool IsOfWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '\'';

    private static string Paragraph(MarkedText[] members, int number)
    {
        StringBuilder context = new();
        List<(string Name, string Text, int Start)> answers = [];
        foreach (MarkedText member in members)
        {
            string name = NameOf(member.Member.Id);
            context.Append(context.Length > 0 ? " " : "").Append(name).Append(": ");
            answers.Add((name, member.Text, context.Length));
            context.Append(member.Text);
        }

        return Json(json =>
        {
            json.WriteString("context", context.ToString());
            json.WriteStartArray("qas");
            for (int i = 0; i < answers.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("id", $"{number}-{i}");
                json.WriteString("question", $"What is {answers[i].Name}?");
                json.WriteStartArray("answers");
                json.WriteStartObject();
                json.WriteString("text", answers[i].Text);
                json.WriteNumber("answer_start", answers[i].Start);
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static string Json(Action<Utf8JsonWriter> members)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Writes the files; all members of a type are in the same file.</summary>
    private void Write(string folder, string extension, Func<IEnumerable<DocumentedMember>, IEnumerable<string>> examplesOf, int maxHeldOut = MaxHeldOut, string begin = "", string separator = "", string end = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        StringBuilder[] parts = [new(begin), new(begin), new(begin)];
        int[] counts = new int[parts.Length];
        int number = 0;
        foreach (IGrouping<string, DocumentedMember> type in _documentation.ReadMarkedTypes())
        {
            int part = (number++ % Parts) switch { Parts - 2 => 1, Parts - 1 => 2, _ => 0 };
            foreach (string example in examplesOf(type).TakeWhile(_ => part == 0 || counts[part] < maxHeldOut))
            {
                parts[part].Append(counts[part]++ > 0 ? separator : "").Append(example).Append(extension == ".jsonl" ? "\n" : "");
            }
        }

        Require.That(counts.Min() > 0, $"the XML documentation in '{_documentation.Folder}' holds too few sentences for examples; give examples of your own");
        try
        {
            NewFolder.Create(folder);
            for (int i = 0; i < parts.Length; i++)
            {
                AtomicFile.WriteText(Path.Combine(folder, Names[i] + extension), parts[i].Append(end).ToString());
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be written: {FileFault.Reason(exception)}", exception);
        }
    }

    /// <summary>A description with the positions of the names in it.</summary>
    private sealed record MarkedText(DocumentedMember Member, string Text, List<MarkedName> Names);
}
