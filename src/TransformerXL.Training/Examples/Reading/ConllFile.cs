using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Labels;

namespace TransformerXL.Training.Examples.Reading;

/// <summary>Sentences in columns: a word and its tags in each line, an empty line between sentences.</summary>
internal static class ConllFile
{
    private const string DocumentStart = "-DOCSTART-";
    private const int LongestLine = 1 << 16, MaxWords = 1 << 20, UniversalColumns = 10, UniversalWord = 2, UniversalTag = 4;

    /// <summary>Opens a file.</summary>
    public static ExampleSource<SentenceExample> Open(string path, ExampleOptions options)
    {
        ExamplePlace whole = new(path, 0);
        whole.Require(options.TextColumn is null, $"columns of words and tags have numbers, but the column of the text is named '{InputText.Show(options.TextColumn)}'", "task.examples.wordColumn");
        whole.Require(options.LabelColumn is null, $"columns of words and tags have numbers, but the column of the labels is named '{InputText.Show(options.LabelColumn)}'", "task.examples.tagColumn");
        bool universal = IsUniversal(path);
        int word = options.WordColumn ?? (universal ? UniversalWord : 1), tag = options.TagColumn ?? (universal ? UniversalTag : -1);
        return new ExampleSource<SentenceExample>(path, ExampleFormat.Conll, universal ? "CoNLL-U" : "CoNLL columns", () => Read(path, word, tag, universal, options));
    }

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
        (List<string> words, List<string> tags) = ([], []);
        ExamplePlace begin = default;
        bool starts = true;
        foreach ((long number, string line) in TextLines.Read(path, LongestLine))
        {
            ExamplePlace place = new(path, number);
            bool blank = line.AsSpan().IsWhiteSpace(), document = !blank && line.StartsWith(DocumentStart, StringComparison.Ordinal);
            if (blank || document)
            {
                if (words.Count > 0)
                {
                    yield return Sentence(begin, words, tags, starts, options);
                    (words, tags, starts) = ([], [], false);
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

            begin = words.Count == 0 ? place : begin;
            place.Require(words.Count < MaxWords, $"the sentence has more than {MaxWords} words; sentences are separated by empty lines");
            words.Add(Field(place, fields, wordColumn, "word"));
            if (fields.Length > 1 && !options.IgnoresLabels)
            {
                tags.Add(Field(place, fields, tagColumn, "tag"));
            }

            place.Require(tags.Count == 0 || tags.Count == words.Count, "this line has another number of columns than the lines before in its sentence: some words have tags and some have none");
        }

        if (words.Count > 0)
        {
            yield return Sentence(begin, words, tags, starts, options);
        }
    }

    private static SentenceExample Sentence(ExamplePlace begin, List<string> words, List<string> tags, bool starts, ExampleOptions options)
    {
        begin.Require(tags.Count > 0 || !options.RequiresLabels, "the words of the sentence have no tags; a second column must hold them");
        if (options.Scheme is { } scheme && TagSchemes.FirstFault(tags, scheme, out string reason) is >= 0 and var fault)
        {
            throw (begin with { Line = begin.Line + fault }).Fault(reason);
        }

        return new SentenceExample { Place = begin, Words = words, Tags = tags, StartsDocument = starts };
    }

    /// <summary>Words may hold spaces only where columns are separated by tabs.</summary>
    internal static string[] Fields(string line) =>
        line.Contains('\t', StringComparison.Ordinal) ? line.TrimEnd('\t').Split('\t') : line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lines such as 3-4 (several words written as one) and 8.1 (left out in speech) of CoNLL-U are no words.</summary>
    private static bool IsWord(string id) => id.AsSpan().IndexOfAny('-', '.') < 0;

    private static string Field(ExamplePlace place, string[] fields, int column, string what)
    {
        int index = column < 0 ? fields.Length - 1 : column - 1;
        place.Require(index < fields.Length, $"the line has {Counted.Of(fields.Length, "column")}, but the {what} is in column {column}");
        place = place.At((index + 1).ToString(CultureInfo.InvariantCulture));
        string field = fields[index].Trim();
        place.Require(field.Length > 0, $"the {what} is empty");
        return what == "tag" ? TextCheck.Label(place, field) : field;
    }
}
