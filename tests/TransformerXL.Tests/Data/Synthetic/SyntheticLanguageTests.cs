using TransformerXL.Training.Synthetic;
using Xunit;

namespace TransformerXL.Tests.Data.Synthetic;

public class SyntheticLanguageTests
{
    public static TheoryData<string, int> TinyLanguages => new() { { "recall", 33 }, { "recall-one-digit", 22 }, { "recall-questions", 32 }, { "nested", 11 }, { "nested-flat", 10 }, { "periodic", 14 } };

    [Theory]
    [MemberData(nameof(TinyLanguages))]
    public void The_stated_loss_is_the_conditional_probability_over_all_texts(string name, int length)
    {
        (Dictionary<string, double[]> texts, Dictionary<string, double> beginnings) = ChoiceTree.Grow(Tiny(name), length);
        Assert.Equal(1, beginnings[""], 1e-12);
        Assert.True(texts.Count > 50);
        foreach ((string text, double[] nats) in texts)
        {
            for (int t = 0; t < length; t++)
            {
                Assert.Equal(Math.Log(beginnings[text[..t]] / beginnings[text[..(t + 1)]]), nats[t], 1e-9);
            }
        }
    }

    public static TheoryData<string> Names => ["recall", "recall-small", "recall-questions", "nested", "nested-small", "nested-flat", "periodic"];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_mean_loss_of_a_long_text_comes_to_the_entropy_rate(string name)
    {
        SyntheticLanguage language = Named(name);
        double mean = language.Generate(seed: 3).Take(400_000).Average(character => character.Nats);
        Assert.Equal(language.EntropyRate, mean, 0.01 * language.EntropyRate);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_character_with_a_distance_repeats_or_answers_the_one_so_far_back(string name)
    {
        SyntheticCharacter[] text = [.. Named(name).Generate(seed: 4).Take(20_000)];
        Assert.Contains(text, character => character.Distance > 0);
        for (int t = 0; t < text.Length; t++)
        {
            if (text[t].Distance > 0)
            {
                Assert.Equal(text[t].Symbol, name.StartsWith("nested", StringComparison.Ordinal) ? char.ToUpperInvariant(text[t - text[t].Distance].Symbol) : text[t - text[t].Distance].Symbol);
            }
        }
    }

    [Fact]
    public void Questions_are_asked_over_the_distances_that_are_promised()
    {
        RecallLanguage language = new(longest: 300);
        Assert.Equal([27, 59, 123, 251], language.Distances);
        int[] distances = Distances(language);

        // A quarter each, less those that were asked over a shorter distance before.
        Assert.All([.. language.Distances.Zip([0.25, 0.1875, 0.14, 0.105])], promised => Assert.Equal(promised.Second, Share(distances, promised.First), 0.02));
    }

    [Fact]
    public void Each_question_of_a_record_is_asked_over_distances_of_its_own()
    {
        RecallLanguage language = new(longest: 40, recordLength: 21, questions: 3);
        Assert.Equal([6, 11, 16, 27, 32, 37], language.Distances);
        int[] distances = Distances(language);

        // The first question asks for this fact or the one before, a sixth of all each, less those that the record before has asked for.
        Assert.Equal(1.0 / 6, Share(distances, 6), 0.02);
        Assert.Equal(1.0 / 6 / 8, Share(distances, 27), 0.01);
    }

    [Fact]
    public void An_answer_stands_no_farther_back_than_the_last_mention_of_its_key()
    {
        SyntheticCharacter[] text = [.. new RecallLanguage(longest: 300, recordLength: 21, questions: 3, signsFirst: true).Generate(seed: 6).Take(21 * 500)];
        string characters = string.Concat(text.Select(character => character.Symbol));
        for (int sign = characters.IndexOf('?', StringComparison.Ordinal); sign >= 0; sign = characters.IndexOf('?', sign + 1))
        {
            int last = characters.LastIndexOf(characters[(sign + 1)..(sign + 4)], sign, StringComparison.Ordinal);
            Assert.Equal(sign + 1 - last, text[sign + 3].Distance);
        }
    }

    [Theory]
    [InlineData(false, "[A-Z][0-9]=[a-z];[ab]([A-Z][0-9][?][a-z];){3}")]
    [InlineData(true, "=[A-Z][0-9][a-z];[ab]([?][A-Z][0-9][a-z];){3}")]
    public void A_sign_stands_before_its_key_or_behind_it(bool signsFirst, string record)
    {
        RecallLanguage language = new(recordLength: 21, symbols: 2, questions: 3, signsFirst: signsFirst);
        string text = string.Concat(language.Generate(seed: 5).Take(21 * 100).Select(character => character.Symbol));
        Assert.Matches($"^({record}){{100}}$", text);
    }

    [Fact]
    public void Questions_that_a_record_has_no_room_for_are_refused_with_both_values() => Assert.Equal(
        "record length is 24, but must be from 25 to 65536", Assert.Throws<InputException>(() => new RecallLanguage(recordLength: 24, questions: 4)).Message);

    [Fact]
    public void An_answer_is_certain()
    {
        SyntheticCharacter[] text = [.. new RecallLanguage().Generate(seed: 2).Take(32 * 500)];
        Assert.All(text.Chunk(32), record => Assert.Equal((0.0, '?'), (record[30].Nats, record[29].Symbol)));
    }

    [Fact]
    public void Texts_of_other_seeds_and_streams_differ_and_the_same_are_equal()
    {
        SyntheticLanguage language = new PeriodicLanguage(period: 50);
        string Text(ulong seed, ulong stream) => string.Concat(language.Generate(seed, stream).Take(500).Select(character => character.Symbol));
        Assert.Equal(Text(1, 0), Text(1, 0));
        Assert.Equal(3, ((string[])[Text(1, 0), Text(1, 1), Text(2, 0)]).Distinct().Count());
    }

    [Fact]
    public void A_distance_shorter_than_a_record_is_refused_with_both_values() => Assert.Equal(
        "distance is 20, but must be from 27 to 1048576", Assert.Throws<InputException>(() => new RecallLanguage(longest: 20)).Message);

    private static int[] Distances(RecallLanguage language) =>
        [.. language.Generate(seed: 1).Take(100_000).Where(character => character.Distance > 0).Select(character => character.Distance)];

    private static double Share(int[] distances, int distance) => (double)distances.Count(other => other == distance) / distances.Length;

    private static SyntheticLanguage Tiny(string name) => name switch
    {
        "recall" => new RecallLanguage(longest: 17, recordLength: 11, symbols: 2, questions: 1, signsFirst: false, letters: 2, digits: 1, values: 2),
        "recall-one-digit" => new RecallLanguage(longest: 17, recordLength: 11, symbols: 1, questions: 1, signsFirst: false, letters: 2, digits: 2, values: 2),
        "recall-questions" => new RecallLanguage(longest: 27, recordLength: 16, symbols: 1, questions: 2, signsFirst: true, letters: 2, digits: 2, values: 2),
        "nested" => new NestedLanguage(depth: 3, symbols: 2),
        "nested-flat" => new NestedLanguage(depth: 1, symbols: 3),
        _ => new PeriodicLanguage(period: 3, symbols: 3, times: 2),
    };

    private static SyntheticLanguage Named(string name) => name switch
    {
        "recall" => new RecallLanguage(),
        "recall-small" => new RecallLanguage(longest: 130, recordLength: 12, symbols: 3, questions: 1, signsFirst: false, letters: 3, digits: 2, values: 4),
        "recall-questions" => new RecallLanguage(longest: 200, recordLength: 21, questions: 3, signsFirst: true),
        "nested" => new NestedLanguage(),
        "nested-small" => new NestedLanguage(depth: 5, symbols: 3),
        "nested-flat" => new NestedLanguage(depth: 1, symbols: 3),
        _ => new PeriodicLanguage(),
    };
}
