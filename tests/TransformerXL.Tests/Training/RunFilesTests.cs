using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

public class RunFilesTests
{
    private static readonly JsonTypeInfo<RunConfiguration> Type = RunJson.Default.RunConfiguration;

    private static readonly RunConfiguration Full = new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = 100 },
        Context = new ContextConfiguration(),
        Evaluation = new ContextConfiguration(),
        Training = new TrainingConfiguration(),
        Corpus = new CorpusOptions { Path = "text", Vocabulary = new VocabularyOptions { Kind = VocabularyKind.Words } },
    };

    public static TheoryData<string> MembersWithDefaults => new(Members(Json(Full), "").Except(["model", "model.vocabularySize"]));

    [Theory]
    [MemberData(nameof(MembersWithDefaults))]
    public void A_configuration_without_a_member_has_its_default(string member)
    {
        JsonObject whole = Json(Full), expected = Json(Full);
        Remove(whole, member);
        Set(expected, member, Default(member));
        Assert.Equal(expected.ToJsonString(), Json(Read(whole)).ToJsonString());
    }

    [Fact]
    public void A_configuration_without_its_vocabulary_size_is_refused_by_name()
    {
        JsonObject whole = Json(Full);
        Remove(whole, "model.vocabularySize");
        Assert.EndsWith("config.json: model.vocabularySize is missing", Assert.Throws<InputException>(() => Read(whole)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_without_members_of_later_versions_has_their_defaults()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["state.json"], """{ "step": 3, "epoch": 1, "nextSegment": 3, "tokensSeen": 9, "seconds": 1.5, "trainingText": "x", "rate": { "bestLoss": 2, "validationsWithoutImprovement": 1 } }""");
        TrainingState state = RunFiles.ReadState(folder["state.json"]);
        Assert.Equal((1, 3L, "", 0), (state.Version, state.Step, state.Isa, state.ParameterSteps.Count));
        Assert.Equal(new RateState { BestLoss = 2, ValidationsWithoutImprovement = 1 }, state.Rate);
    }

    [Theory]
    [InlineData("training.stepz", "1", "'training.stepz' is not known; did you mean 'steps'?")]
    [InlineData("context.width", "1", "'context.width' is not known; there are: targetLength, memoryLength")]
    [InlineData("training.steps", "\"many\"", "training.steps is the text \"many\", but must be a whole number")]
    [InlineData("training.steps", "null", "training.steps is null, but must be a whole number")]
    [InlineData("training.learningRate", "true", "training.learningRate is true, but must be a number")]
    [InlineData("training.schedule", "\"Linear, Cosine\"", "training.schedule is the text \"Linear, Cosine\", but must be one of the texts Cosine, Constant")]
    [InlineData("training.optimizer.moments", "\"1\"", "training.optimizer.moments is the text \"1\", but must be one of the texts Float32, Bfloat16")]
    [InlineData("training.schedule", "\"cosinus\"", "training.schedule is the text \"cosinus\", but must be one of the texts Cosine, Constant, Linear, InverseSquareRoot, Plateau")]
    [InlineData("training.schedule", "3", "training.schedule is the number 3, but must be one of the texts")]
    [InlineData("training.optimizer", "7", "training.optimizer is the number 7, but must be an object")]
    [InlineData("training.optimizer", "null", "training.optimizer is null, but must be an object")]
    [InlineData("training.initialDropout", "\"x\"", "training.initialDropout is the text \"x\", but must be a number, or null")]
    [InlineData("model.cutoffs", "[1, \"x\"]", "model.cutoffs is the list [1,\"x\"], but must be a list of whole numbers")]
    [InlineData("model.layers", "1e9999", "model.layers is the number 1e9999, but must be a whole number of at most 2147483647")]
    [InlineData("training.batchSize", "0", "training.batchSize: batch size is 0, but must be from 1 to 65536")]
    [InlineData("training.optimizer.beta1", "2", "training.optimizer.beta1: beta 1 is 2, but must be from 0 to below 1")]
    [InlineData("training.batchChunks", "3", "training.batchChunks: batch size 16 is not divisible by batch chunks 3")]
    [InlineData("training.variableLengths.minimum", "0", "training.variableLengths.minimum: minimum of segment lengths is 0")]
    [InlineData("training.minimumLearningRate", "1", "training.minimumLearningRate: minimum learning rate is 1")]
    [InlineData("evaluation.targetLength", "0", "evaluation.targetLength: target length is 0")]
    [InlineData("model.innerSize", "-1", "model.innerSize: inner size is -1")]
    public void What_is_wrong_is_told_by_file_member_and_rule(string member, string value, string message)
    {
        JsonObject whole = Json(Full);
        Set(whole, member, JsonNode.Parse(value));
        string hints = Assert.Throws<InputException>(() => Read(whole)).Message;
        Assert.Contains("config.json: " + message, hints, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", hints, StringComparison.Ordinal);
        Assert.DoesNotContain("TransformerXL", hints, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n \"model\": }", "config.json: line 2, column 11: a value is missing before '}'")]
    [InlineData("[]", "must hold a JSON object")]
    [InlineData("{ \"version\": 1, \"version\": 1 }", "line 1, column 17: the member 'version' occurs twice in one object")]
    [InlineData("{ \"\\ud800\": 1 }", "line 1, column 3: a string is not valid UTF-8, or escapes half a character")]
    [InlineData("{ \"corpus\": { \"path\": \"\\udc00\" } }", "escapes half a character")]
    public void A_file_that_is_no_JSON_object_is_refused_with_the_reason(string text, string message)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], text);
        Assert.Contains(message, Assert.Throws<InputException>(() => RunFiles.ReadConfiguration(folder["config.json"])).Message, StringComparison.Ordinal);
    }

    private static JsonObject Json(RunConfiguration configuration) => JsonSerializer.SerializeToNode(configuration, Type)!.AsObject();

    private static RunConfiguration Read(JsonObject json)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        return RunFiles.ReadConfiguration(folder["config.json"]);
    }

    /// <summary>What the initialisers say, in a configuration that sets nothing.</summary>
    private static JsonNode? Default(string member)
    {
        RunConfiguration plain = new() { Model = new TransformerXLConfiguration { VocabularySize = 100 }, Context = new ContextConfiguration(), Training = new TrainingConfiguration() };
        bool isNull = member is "evaluation" or "corpus" or "corpus.vocabulary";
        RunConfiguration filled = plain with { Evaluation = new ContextConfiguration(), Corpus = new CorpusOptions { Vocabulary = new VocabularyOptions() } };
        return isNull ? null : Find(Json(filled), member)?.DeepClone();
    }

    private static IEnumerable<string> Members(JsonObject json, string prefix)
    {
        foreach ((string name, JsonNode? value) in json)
        {
            yield return prefix + name;
            foreach (string member in value is JsonObject part ? Members(part, $"{prefix}{name}.") : [])
            {
                yield return member;
            }
        }
    }

    private static JsonNode? Find(JsonNode json, string member) => member.Split('.').Aggregate((JsonNode?)json, (node, name) => node![name]);

    private static JsonObject Parent(JsonObject json, string member) =>
        member.Contains('.', StringComparison.Ordinal) ? Find(json, member[..member.LastIndexOf('.')])!.AsObject() : json;

    private static void Remove(JsonObject json, string member) => Parent(json, member).Remove(member.Split('.')[^1]);

    private static void Set(JsonObject json, string member, JsonNode? value) => Parent(json, member)[member.Split('.')[^1]] = value;
}
