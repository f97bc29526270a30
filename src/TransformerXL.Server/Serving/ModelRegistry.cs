using Microsoft.AspNetCore.Http;
using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Inference.Serving;
using TransformerXL.Server.Http;

namespace TransformerXL.Server.Serving;

/// <summary>The models of the server.</summary>
internal sealed class ModelRegistry : IAsyncDisposable
{
    private volatile ServedModel[] _models = [];

    /// <summary>All, in the order of the command line; none while they are being loaded.</summary>
    public IReadOnlyList<ServedModel> All => _models;

    /// <summary>Loads all models.</summary>
    public void Load(ServerOptions options, CancellationToken cancellationToken)
    {
        int writers = options.CountWriters();
        foreach (ModelSource source in options.Models)
        {
            _models = [.. _models, ServedModel.Load(source, options, writers, cancellationToken)];
        }
    }

    /// <summary>The model of a request: that of its member <c>model</c>, or the first.</summary>
    /// <exception cref="ApiException">There is no such model.</exception>
    public ServedModel Find(HttpContext context, JsonFields fields)
    {
        string? name = fields.Text("model");
        ServedModel model = name is null ? _models[0] : Find(name) ?? throw NotFound(name);
        RequestScope.Of(context).Model = model.Name;
        return model;
    }

    /// <summary>The model of a request that writes text.</summary>
    /// <exception cref="ApiException">There is no such model, it was trained for a task, or it reads in both directions.</exception>
    public ServedModel FindWriter(HttpContext context, JsonFields fields)
    {
        ServedModel model = Find(context, fields);
        if (model.Folder is { Head: null, Model.Configuration.IsCausal: false })
        {
            throw ApiException.Unsupported("model", $"{model.Name} reads a text in both directions and does not write text; /v1/embeddings gives vectors of texts");
        }

        return model.Folder.Head is null
            ? model
            : throw ApiException.Unsupported("model", $"{model.Name} was trained for a task and does not write text; {(model.Folder.Head.Configuration.Kind switch { HeadKind.Tags => "/v1/label", HeadKind.Spans => "/v1/answer", _ => "/v1/classify" })} predicts with it");
    }

    /// <summary>The model of a name; null if there is none. Ollama's clients add <c>:latest</c>.</summary>
    public ServedModel? Find(string name) => _models.FirstOrDefault(model => model.Name == name)
        ?? _models.FirstOrDefault(model => name == $"{model.Name}:latest");

    /// <summary>The error of a name without a model.</summary>
    public ApiException NotFound(string name) => new(
        StatusCodes.Status404NotFound, ErrorTypes.NotFound, $"there is no model '{InputText.Show(name)}'; there is {string.Join(", ", _models.Select(model => model.Name))}", "model", "model_not_found");

    /// <summary>The model that a session belongs to, and what is known of it.</summary>
    /// <exception cref="ApiException">The owner has no such session.</exception>
    public async Task<(ServedModel Model, ConversationInfo Info)> FindSessionAsync(HttpContext context, string id)
    {
        RequestScope scope = RequestScope.Of(context);
        foreach (ServedModel model in _models)
        {
            try
            {
                ConversationInfo info = await model.Conversations.GetAsync(scope.Owner, id, context.RequestAborted).ConfigureAwait(false);
                scope.Model = model.Name;
                return (model, info);
            }
            catch (SessionNotFoundException)
            {
                // It may be one of another model.
            }
        }

        throw Faults.ToApi(new SessionNotFoundException(""));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ServedModel[] models = _models;
        _models = [];
        foreach (ServedModel model in models)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }
}
