using System.Globalization;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// Facts, filler and questions: records of equal length, <c>X7=q;</c> + filler + <c>X7?q;</c>. Each record states the value of
/// a random key, and asks for keys that were stated in this record or 1, 3, 7, ... records before, each equally likely. The
/// answer is the last value stated for the key. So the distance of a question is 1, 2, 4, ... times the
/// length of a record (less 5 for the last question of a record, 10 for the one before, ...), or less if the key was stated or
/// asked for again in between, because an earlier question also contains the answer.
/// </summary>
/// <remarks>
/// With the signs first, <c>=X7q;</c> + filler + <c>?X7q;</c>, a value always follows its key directly, and so can be found
/// by attending to the character after an earlier occurrence of the same characters. With the signs between, the value must carry the characters two
/// and three before it, and the question those one and two before.
/// </remarks>
public sealed class RecallLanguage : SyntheticLanguage
{
    /// <summary>Characters of a fact and of a question.</summary>
    private const int Statement = 5;

    private readonly int _letters, _digits, _values, _symbols, _filler, _questions;
    private readonly bool _signsFirst;
    private readonly int[] _lags;

    /// <summary>Creates the language.</summary>
    /// <param name="longest">The maximum distance of a question in characters.</param>
    /// <param name="recordLength">The length of a record in characters.</param>
    /// <param name="symbols">Letters of the filler, each equally likely.</param>
    /// <param name="questions">Questions of a record.</param>
    /// <param name="signsFirst">Whether a sign comes before its key, <c>=X7q;</c>, instead of between key and value, <c>X7=q;</c>.</param>
    /// <exception cref="InputException">A number is out of range, or no question fits.</exception>
    public RecallLanguage(int longest = 1024, int recordLength = 32, int symbols = 26, int questions = 1, bool signsFirst = false)
        : this(longest, recordLength, symbols, questions, signsFirst, letters: 26, digits: 10, values: 26)
    {
    }

    internal RecallLanguage(int longest, int recordLength, int symbols, int questions, bool signsFirst, int letters, int digits, int values)
    {
        Require.Between("questions", questions, 1, 1 << 12);
        Require.Between("record length", recordLength, Statement * (1 + questions), 1 << 16);
        Require.Between("symbols", symbols, 1, 26);
        Require.Between("distance", longest, recordLength - Statement, 1 << 20);
        (_letters, _digits, _values, _symbols, _filler) = (letters, digits, values, symbols, recordLength - (Statement * (1 + questions)));
        (_questions, _signsFirst, RecordLength) = (questions, signsFirst, recordLength);
        _lags = [.. Enumerable.Range(0, 21).Select(power => (1 << power) - 1).TakeWhile(lag => ((lag + 1L) * recordLength) - Statement <= longest)];
    }

    /// <inheritdoc/>
    public override string Name => "recall";

    /// <summary>Characters of a record.</summary>
    public int RecordLength { get; }

    /// <summary>The distances of questions whose key is not stated or asked for again in between.</summary>
    public IReadOnlyList<int> Distances =>
        [.. _lags.SelectMany(lag => Enumerable.Range(0, _questions).Select(question => (lag * RecordLength) + PlaceOf(question)))];

    private protected override object[] Settings => [_lags.Length, RecordLength, _symbols, _questions, _signsFirst, _letters, _digits, _values];

    /// <inheritdoc/>
    public override string Description => string.Create(
        CultureInfo.InvariantCulture,
        $"facts that are stated once and asked for after {DistancesForPeople()} characters, in filler of {_symbols} letters");

    private string DistancesForPeople()
    {
        const int Maximum = 12;
        return Distances.Count <= Maximum
            ? string.Join(", ", Distances)
            : $"{string.Join(", ", Distances.Take(Maximum / 2))}, ... {string.Join(", ", Distances.TakeLast(Maximum / 2))}";
    }

    /// <inheritdoc/>
    public override double EntropyRate
    {
        get
        {
            double fact = Math.Log((double)_letters * _digits * _values), filler = _filler * Math.Log(_symbols);
            return (fact + filler + (_questions * QuestionEntropy())) / RecordLength;
        }
    }

    internal override IEnumerable<SyntheticCharacter> Generate(Func<int, int> choose)
    {
        List<(int Key, long Begin)> recent = [];
        Dictionary<int, (int Value, long Mentioned)> known = [];
        for (long begin = 0; ; begin += RecordLength)
        {
            int letter = choose(_letters), digit = choose(_digits), value = choose(_values), key = (letter * _digits) + digit;
            Remember(recent, (key, begin));
            known[key] = (value, begin);
            SyntheticCharacter[] stated = [new(Letter(letter), Math.Log(_letters), 0), new(Digit(digit), Math.Log(_digits), 0), new(Value(value), Math.Log(_values), 0)];
            foreach (SyntheticCharacter character in Signed(stated, '='))
            {
                yield return character;
            }

            for (int i = 0; i < _filler; i++)
            {
                yield return new((char)('a' + choose(_symbols)), Math.Log(_symbols), 0);
            }

            int[] candidates = [.. _lags.Where(lag => lag < recent.Count).Select(lag => recent[^(lag + 1)].Key)];
            for (int question = 0; question < _questions; question++)
            {
                int asked = candidates[choose(candidates.Length)];
                (int answer, long mentioned) = known[asked];
                known[asked] = (answer, begin + PlaceOf(question));
                foreach (SyntheticCharacter character in Signed(Ask(asked, candidates, answer, (int)(begin + PlaceOf(question) - mentioned)), '?'))
                {
                    yield return character;
                }
            }
        }
    }

    private SyntheticCharacter[] Ask(int asked, int[] candidates, int answer, int distance)
    {
        int sameLetter = candidates.Count(other => other / _digits == asked / _digits), same = candidates.Count(other => other == asked);
        return
        [
            new(Letter(asked / _digits), Math.Log((double)candidates.Length / sameLetter), distance),
            new(Digit(asked % _digits), Math.Log((double)sameLetter / same), distance),
            new(Value(answer), 0, distance),
        ];
    }

    /// <summary>Letter, digit and value of a key with their sign.</summary>
    private SyntheticCharacter[] Signed(SyntheticCharacter[] key, char sign) => _signsFirst
        ? [new(sign, 0, 0), key[0], key[1], key[2], new(';', 0, 0)]
        : [key[0], key[1], new(sign, 0, 0), key[2], new(';', 0, 0)];

    /// <summary>The offset of a question in a record.</summary>
    private int PlaceOf(int question) => RecordLength - (Statement * (_questions - question));

    private void Remember(List<(int, long)> recent, (int, long) fact)
    {
        // Questions reach back at most this number of records.
        if (recent.Count > _lags[^1])
        {
            recent.RemoveAt(0);
        }

        recent.Add(fact);
    }

    /// <summary>
    /// One of J independently drawn keys is asked for: if m others are equal to it (m is binomial), it has the probability
    /// (m + 1) / J.
    /// </summary>
    private double QuestionEntropy()
    {
        int others = _lags.Length - 1;
        double equal = 1.0 / (_letters * _digits), sum = 0, ways = 1;
        for (int m = 0; m <= others; m++)
        {
            sum += ways * Math.Pow(equal, m) * Math.Pow(1 - equal, others - m) * Math.Log((others + 1.0) / (m + 1));
            ways = ways * (others - m) / (m + 1);
        }

        return sum;
    }

    private static char Letter(int letter) => (char)('A' + letter);

    private static char Digit(int digit) => (char)('0' + digit);

    private static char Value(int value) => (char)('a' + value);
}
