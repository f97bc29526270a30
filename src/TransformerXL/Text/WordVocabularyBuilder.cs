using System.Runtime.InteropServices;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Text;

/// <summary>
/// Counts the words of a text; memory grows with the number of different words, not with the text. The vocabulary is the special
/// symbols, then the words by descending frequency, words with equal frequency in the order of their first occurrence.
/// </summary>
internal sealed class WordVocabularyBuilder : IVocabularyBuilder
{
    private readonly Counter _counter;
    private readonly WordRules _rules;
    private readonly IReadOnlyList<string> _special;
    private readonly int _minFrequency;
    private readonly int? _maxSize;

    public WordVocabularyBuilder(VocabularyOptions options)
        : this(options.WordRules, SpecialOf(options.WordRules), options.MinFrequency, options.MaxSize)
    {
    }

    /// <param name="rules">How lines become words.</param>
    /// <param name="special">Symbols that get the first ids even if they do not occur in the text.</param>
    /// <param name="minFrequency">Rarer words are left out.</param>
    /// <param name="maxSize">The number of most frequent words that are considered; null for all.</param>
    /// <param name="countEndOfLine">Whether the end of each line is counted as the word <c>&lt;eos&gt;</c>.</param>
    public WordVocabularyBuilder(WordRules rules, IReadOnlyList<string> special, int minFrequency, int? maxSize, bool countEndOfLine = false)
    {
        (_rules, _special, _minFrequency, _maxSize) = (rules, special, minFrequency, maxSize);
        _counter = new Counter(rules, countEndOfLine);
    }

    /// <summary>The words so far and their counts, in the order of the vocabulary.</summary>
    public IEnumerable<(string Word, long Count)> Frequencies => _counter.ByFrequency();

    public void Add(ReadOnlySpan<byte> utf8) => _counter.Append(utf8);

    public Vocabulary Complete(IProgress<BytePairTrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        _counter.Complete(endLine: true);
        return new WordVocabulary(Symbols(), _rules);
    }

    private IEnumerable<string> Symbols()
    {
        HashSet<string> taken = new(_special, StringComparer.Ordinal);
        return _special.Concat(_counter.ByFrequency()
            .Take(_maxSize ?? int.MaxValue)
            .TakeWhile(word => word.Count >= _minFrequency)
            .Select(word => word.Word)
            .Where(word => !taken.Contains(word)));
    }

    private static string[] SpecialOf(WordRules rules) => rules.Marks switch
    {
        LineMarks.End => [WordVocabulary.UnknownWord, WordVocabulary.EndOfLine],
        LineMarks.BothEnds => [WordVocabulary.UnknownWord, WordVocabulary.SentenceMark],
        _ => [WordVocabulary.UnknownWord],
    };

    private sealed class Counter : WordSplitter
    {
        private readonly List<(string Word, long Count)> _words = [];
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _places =
            new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        private readonly bool _countEndOfLine;

        public Counter(WordRules rules, bool countEndOfLine) : base(rules) => _countEndOfLine = countEndOfLine;

        /// <summary>OrderBy is stable: equals stay in the order of their first occurrence.</summary>
        public IEnumerable<(string Word, long Count)> ByFrequency() => _words.OrderByDescending(word => word.Count);

        protected override void OnLineBegin()
        {
            // Only the ends of lines are counted.
        }

        protected override void OnWord(ReadOnlySpan<char> word)
        {
            if (!_places.TryGetValue(word, out int place))
            {
                place = _words.Count;
                string text = word.ToString();
                _words.Add((text, 0));
                _places[word] = place;
            }

            CollectionsMarshal.AsSpan(_words)[place].Count++;
        }

        protected override void OnLineEnd()
        {
            if (_countEndOfLine)
            {
                OnWord(WordVocabulary.EndOfLine);
            }
        }
    }
}
