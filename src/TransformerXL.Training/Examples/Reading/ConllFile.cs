using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Sentences in columns: a word and its tags in each line, an empty line between sentences.</summary>
internal static class ConllFile
{
    private const string DocumentStart = "-DOCSTART-", NeedsTags = "each line needs the tag of its word in another column, such as O for a word outside every span";
    private const int LongestLine = 1 << 16, MaxWords = 1 << 20, UniversalColumns = 10, UniversalWord = 2, UniversalTag = 4;

    /// <summary>Opens a file.</summary>
    public static ExampleSource<SentenceExample> Open(string path, ExampleOptions options)
    {
        ExamplePlace whole = new(path, 0);
        whole.Require(options.TextColumn is null, $"columns of words and tags have numbers, but the column of the text is named '{InputText.Show(options.TextColumn)}'", "task.examples.wordColumn");
        whole.Require(options.LabelColumn is null, $"columns of words and tags have numbers, but the column of the labels is named '{InputText.Show(options.LabelColumn)}'", "task.examples.tagColumn");
        bool universal = IsUniversal(path);
        int word = options.WordColumn ?? (universal ? UniversalWord : 1), tag = options.TagColumn ?? (universal ? UniversalTag : -1);
        return new ExampleSource<SentenceExample>(path, ExampleFormat.Conll, universal ? "CoNLL-U" : "CoNLL columns", () => Read(path, word, tag, universal, options)) { LabelAdvice = NeedsTags };
    }

    /// <summary>Whether a file seems to have columns of words and tags, by the ending of its name or its first line.</summary>
    public static bool IsLike(string ending, string firstLine) =>
        ending is ".conll" or ".conllu" or ".iob" or ".bio"
        || firstLine.StartsWith(DocumentStart, StringComparison.Ordinal)
        || (Fields(firstLine) is { Length: > 1 } fields && Tag.TryParse(fields[^1]) is { } tag && (tag.IsOutside || fields[^1].Length > 1));

    private static bool IsUniversal(string path)
    {
        foreach ((_, string line) in TextLines.Read(path, LongestLine).Take(1000))
        {
            if (line.Length > 0 && !line.StartsWith('#'))
            {
                return line.Split('\t') is { Length: UniversalColumns } fields && fields[0].AsSpan().ContainsAnyInRange('0', '9');
            }
        }

        return false;
    }

    private static IEnumerable<SentenceExample> Read(string path, int wordColumn, int tagColumn, bool universal, ExampleOptions options)
    {
        (List<string> words, List<string> tags, List<long> lines) = ([], [], []);
        bool starts = true;
        int columns = 0;
        bool beganLikeComment = false;
        foreach ((long number, string line) in TextLines.Read(path, LongestLine))
        {
            ExamplePlace place = new(path, number);
            bool blank = line.AsSpan().IsWhiteSpace(), document = !blank && line.StartsWith(DocumentStart, StringComparison.Ordinal);
            if (blank || document)
            {
                if (words.Count > 0)
                {
                    yield return Sentence(path, words, tags, lines, starts, options);
                    (words, tags, lines, starts) = ([], [], [], false);
                }

                starts |= document;
                continue;
            }

            if (universal && line.StartsWith('#'))
            {
                starts |= line.StartsWith("# newdoc", StringComparison.Ordinal);
                continue;
            }

            string[] fields = Fields(line);
            if (universal && !IsWord(fields[0]))
            {
                continue;
            }

            if (columns == 0)
            {
                (columns, beganLikeComment) = (fields.Length, line.StartsWith('#'));
            }

            // The last check of this loop reports words without tags.
            if (fields.Length != columns && fields.Length > 1 && columns > 1)
            {
                throw place.Fault($"the line has {fields.Length} columns, but those before it have {columns}{(beganLikeComment || line.StartsWith('#') ? "; this format has no comments, so remove lines that begin with #" : "")}");
            }

            place.Require(words.Count < MaxWords, $"the sentence has more than {MaxWords} words; sentences are separated by empty lines");
            words.Add(Field(place, fields, wordColumn, "word"));
            lines.Add(number);
            bool tagged = fields.Length > 1 && !options.IgnoresLabels;
            if (tagged)
            {
                tags.Add(Field(place, fields, tagColumn, "tag"));
            }

            place.Require(
                tags.Count == 0 || tags.Count == words.Count,
                $"the word '{InputText.Show(words[^1])}' has {(tagged ? "a tag" : "no tag")}, but the words before it in its sentence have {(tagged ? "none" : "tags")}; give each word a tag, such as O for a word outside every span");
        }

        if (words.Count > 0)
        {
            yield return Sentence(path, words, tags, lines, starts, options);
        }
    }

    private static SentenceExample Sentence(string path, List<string> words, List<string> tags, List<long> lines, bool starts, ExampleOptions options)
    {
        ExamplePlace begin = new(path, lines[0]);
        begin.Require(tags.Count > 0 || !options.RequiresLabels, $"the words of the sentence have no tags; {NeedsTags}");
        SentenceExample sentence = new() { Place = begin, Words = words, Tags = tags, WordLines = lines, StartsDocument = starts };
        sentence.RequireScheme(options.Scheme ?? TagScheme.Plain);
        return sentence;
    }

    /// <summary>Words may hold spaces only where columns are separated by tabs.</summary>
    internal static string[] Fields(string line) =>
        line.Contains('\t', StringComparison.Ordinal) ? line.TrimEnd('\t').Split('\t') : line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lines such as 3-4 (several words written as one) and 8.1 (left out in speech) of CoNLL-U are no words.</summary>
    private static bool IsWord(string id) => id.AsSpan().IndexOfAny('-', '.') < 0;

    private static string Field(ExamplePlace place, string[] fields, int column, string what)
    {
        int index = column < 0 ? fields.Length - 1 : column - 1;
        place.Require(
            index < fields.Length,
            $"the line has {Counted.Of(fields.Length, "column")}, but the {what} is in column {column}; add what the line lacks, or name another column of the {what}s: from 1 to {fields.Length}, or -1 for the last",
            what == "tag" ? "task.examples.tagColumn" : "task.examples.wordColumn");
        place = place.At((index + 1).ToString(CultureInfo.InvariantCulture));
        string field = fields[index].Trim();
        place.Require(field.Length > 0, $"the {what} is empty");
        return what == "tag" ? TextCheck.Label(place, field) : field;
    }
}
