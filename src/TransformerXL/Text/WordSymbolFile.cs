using System.Text;
using TransformerXL.Files;

namespace TransformerXL.Text;

/// <summary>The plain-text format of a vocabulary of words: one symbol per line, in the order of the ids.</summary>
internal static class WordSymbolFile
{
    public static WordVocabulary Load(string path, WordRules rules)
    {
        byte[] content = VocabularyJson.ReadBounded(path);
        var reader = new Reader();
        try
        {
            reader.Append(content);
            reader.Complete(endLine: true);
            HashSet<string> symbols = new(StringComparer.Ordinal);
            string[] distinct = [.. reader.Symbols.Where(symbols.Add)];
            string unknown = new[] { WordVocabulary.UnknownWordInFiles, WordVocabulary.UnknownWord }.FirstOrDefault(symbols.Contains)
                ?? throw new InputException($"the symbol '{WordVocabulary.UnknownWordInFiles}' (or '{WordVocabulary.UnknownWord}') for unknown words is missing");
            return new WordVocabulary(distinct, rules, unknown);
        }
        catch (InputException exception)
        {
            throw new InputException($"vocabulary '{path}': {exception.Message}", exception);
        }
    }

    public static void Save(WordVocabulary vocabulary, string path)
    {
        foreach (string symbol in vocabulary.Symbols)
        {
            Require.That(
                symbol.Length > 0 && !symbol.Any(unit => !char.IsSurrogate(unit) && UnicodeText.IsWhiteSpace(unit)),
                $"the symbol '{WordVocabulary.Shorten(symbol)}' is empty or holds white space, which a file with one symbol per line cannot represent; vocabulary.json can");
        }

        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            foreach (string symbol in vocabulary.Symbols)
            {
                writer.Write(symbol);
                writer.Write('\n');
            }
        });
    }

    private sealed class Reader() : WordSplitter(new WordRules { Marks = LineMarks.None })
    {
        private bool _has;
        private long _line;

        public List<string> Symbols { get; } = [];

        protected override void OnLineBegin() => (_has, _line) = (false, _line + 1);

        protected override void OnWord(ReadOnlySpan<char> word)
        {
            if (!_has)
            {
                _has = true;
                Symbols.Add(word.ToString());
            }
        }

        protected override void OnLineEnd() => Require.That(_has, $"line {_line} is empty; each must begin with a symbol");
    }
}
