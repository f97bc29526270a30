using System.Collections;
using System.Reflection;
using TransformerXL.Analysis.Attention;
using TransformerXL.Analysis.Comparison;
using TransformerXL.Analysis.Context;
using TransformerXL.Analysis.Surprisal;
using TransformerXL.Compression;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Inference.Ordering;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Inference.Watching;
using TransformerXL.Interchange;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.WordPieces;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Dynamic;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Masking;
using TransformerXL.Training.Schedules;
using TransformerXL.Training.Tasks;
using Xunit;

namespace TransformerXL.Tests;

/// <summary>Every record of options refuses, by name and value, what its types let through: numbers that are no value of an enumeration, and null.</summary>
public sealed class OptionValidationTests
{
    private static readonly ContextConfiguration Context = new();

    private static readonly RunConfiguration Run = new() { Model = new TransformerXLConfiguration { VocabularySize = 9 }, Context = Context, Training = new TrainingConfiguration() };

    public static TheoryData<Type> Types => [.. Valid.Keys];

    private static Dictionary<Type, object> Valid => new object[]
    {
        Run, Run.Model, Run.Training, Context,
        new ShawConfiguration { VocabularySize = 9, PositionRows = 4 }, new AlRfouConfiguration { VocabularySize = 9, PositionRows = 4 }, new VaswaniConfiguration { VocabularySize = 9 }, new LstmConfiguration { VocabularySize = 9 }, new GruConfiguration { VocabularySize = 9 }, new RnnConfiguration { VocabularySize = 9 }, new EncoderConfiguration { VocabularySize = 9 }, new MaskingOptions(),
        new SchedulerOptions { Session = new InferenceOptions { MemoryLength = 4 } }, new ConversationOptions(), new FolderSessionStoreOptions(), new WatchOptions(),
        new ScheduleOptions { MaxSteps = 5 }, new CorpusOptions { Path = "x" }, new ExampleOptions(), new TaskConfiguration(), new ExplanationOptions(), new HeadConfiguration { Labels = ["x"] }, new VocabularyOptions(), new WordRules(), new WordPieceRules(), new EmbeddingConfiguration(), new BytePairTrainerOptions { VocabularySize = 300 },
        new EvaluationOptions { Context = Context }, new GenerationOptions { Stop = ["x"] }, new ScoringOptions(), new SamplingOptions(), new InferenceOptions { MemoryLength = 4 },
        new EmbeddingOptions { Session = new InferenceOptions { MemoryLength = 4 } }, new ModelFolderConfiguration { Model = Run.Model, Context = Context },
        new AttentionOptions { Context = Context, Targets = [1] }, new SurprisalOptions { Context = Context }, new ContextPlan { Start = 1, Delta = 1, Maximum = 2 },
        new CompressionOptions(), new DecompressionOptions(), new DynamicOptions { LearningRate = 1, Decay = 0, Epsilon = 1 }, new LabelOrder { Stay = 0, Weight = 1, Shares = [1] },
        new ComparisonPlan { Standard = Run, Models = ComparedModel.Customary, Context = new ContextPlan { Start = 1, Delta = 1, Maximum = 2 } },
    }.ToDictionary(options => options.GetType());

    [Fact]
    public void No_record_with_a_check_is_left_out()
    {
        Type[] ofEachLibrary = [typeof(ModelFolder), typeof(RunConfiguration), typeof(ModelImporter), typeof(AttentionOptions), typeof(CompressionOptions)];
        IEnumerable<Type> checkedRecords = ofEachLibrary.SelectMany(type => type.Assembly.GetExportedTypes()).Where(type => !type.IsAbstract && type.GetMethod("<Clone>$") is not null && type.GetMethod("Validate", []) is not null);
        Assert.Empty(checkedRecords.Except(Valid.Keys).Select(type => type.Name).Except(["VariableLengths"]));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_number_that_is_no_value_of_an_enumeration_is_refused(Type type)
    {
        Validate(Valid[type]);
        foreach (PropertyInfo property in Settable(type).Where(property => property.PropertyType.IsEnum))
        {
            string message = Refusal(type, property, Enum.ToObject(property.PropertyType, 77));
            Assert.True(message.Contains("77", StringComparison.Ordinal), $"{type.Name}.{property.Name}: {message}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_member_that_is_null_is_named(Type type)
    {
        NullabilityInfoContext nullability = new();
        foreach (PropertyInfo property in Settable(type).Where(property => !property.PropertyType.IsValueType && nullability.Create(property).WriteState == NullabilityState.NotNull))
        {
            string message = Refusal(type, property, null);
            Assert.True(message.Contains("is null", StringComparison.Ordinal), $"{type.Name}.{property.Name}: {message}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_list_that_holds_null_is_refused(Type type)
    {
        foreach (PropertyInfo property in Settable(type).Where(property => property.PropertyType.IsGenericType && typeof(IEnumerable).IsAssignableFrom(property.PropertyType)))
        {
            Type element = property.PropertyType.GetGenericArguments()[0];
            if (!element.IsValueType)
            {
                Assert.Contains("holds null", Refusal(type, property, Array.CreateInstance(element, 1)), StringComparison.Ordinal);
            }
        }
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties().Where(property => property.SetMethod is { IsPublic: true });

    private static string Refusal(Type type, PropertyInfo property, object? value)
    {
        object copy = type.GetMethod("<Clone>$")!.Invoke(Valid[type], null)!;
        property.SetValue(copy, value);
        TargetInvocationException? thrown = Record.Exception(() => Validate(copy)) as TargetInvocationException;
        Assert.True(thrown?.InnerException is InputException, $"{type.Name}.{property.Name} = {value ?? "null"}: {thrown?.InnerException?.ToString() ?? "accepted"}");
        return thrown!.InnerException!.Message;
    }

    private static void Validate(object options) => options.GetType().GetMethod("Validate", [])!.Invoke(options, null);
}
