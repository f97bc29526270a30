using TransformerXL.Data.Synthetic;
using Xunit;

namespace TransformerXL.Tests.Data.Synthetic;

public class SyntheticLanguageTests
{
    public static TheoryData<string, int> TinyLanguages => new() { { "recall", 33 }, { "recall-one-digit", 22 }, { "nested", 11 }, { "nested-flat", 10 }, { "periodic", 14 } };

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

    public static TheoryData<string> Names => ["recall", "recall-small", "nested", "nested-small", "nested-flat", "periodic"];

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
        int[] distances = [.. language.Generate(seed: 1).Take(50_000).Where(character => character.Distance > 0).Select(character => character.Distance)];
        Assert.All(language.Distances, distance => Assert.InRange(distances.Count(other => other == distance), 0.2 * distances.Length, 0.3 * distances.Length));
    }

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

    private static SyntheticLanguage Tiny(string name) => name switch
    {
        "recall" => new RecallLanguage(longest: 17, recordLength: 11, symbols: 2, letters: 2, digits: 1, values: 2),
        "recall-one-digit" => new RecallLanguage(longest: 17, recordLength: 11, symbols: 1, letters: 2, digits: 2, values: 2),
        "nested" => new NestedLanguage(depth: 3, symbols: 2),
        "nested-flat" => new NestedLanguage(depth: 1, symbols: 3),
        _ => new PeriodicLanguage(period: 3, symbols: 3, times: 2),
    };

    private static SyntheticLanguage Named(string name) => name switch
    {
        "recall" => new RecallLanguage(),
        "recall-small" => new RecallLanguage(longest: 130, recordLength: 12, symbols: 3, letters: 3, digits: 2, values: 4),
        "nested" => new NestedLanguage(),
        "nested-small" => new NestedLanguage(depth: 5, symbols: 3),
        "nested-flat" => new NestedLanguage(depth: 1, symbols: 3),
        _ => new PeriodicLanguage(),
    };
}
