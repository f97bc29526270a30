using Microsoft.AspNetCore.Http;
using TransformerXL.Server.Http;
using TransformerXL.Server.OpenAi;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server.Routes;

/// <summary><c>GET /v1/models</c>: what is served.</summary>
internal sealed class ModelRoutes(ServerServices services)
{
    public Task ListAsync(HttpContext context) =>
        Answers.WriteAsync(context, new ModelList([.. services.Models.All.Select(Item)]), ServerJson.Plain.ModelList);

    public Task GetAsync(HttpContext context)
    {
        // Routing leaves this one escape as it is, because a slash divides paths.
        string name = RouteValues.Text(context, "model").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).TrimEnd('/');
        ServedModel model = services.Models.Find(name) ?? throw services.Models.NotFound(name);
        return Answers.WriteAsync(context, Item(model), ServerJson.Plain.ModelItem);
    }

    private static ModelItem Item(ServedModel model) => new(model.Name, model.Loaded.ToUnixTimeSeconds());
}
